/* A plugin that ends the whole process: the option "how" says where, and "what" says how. What runs
 * when it is loaded has no option yet, and looks into the environment. */
#define _GNU_SOURCE
#include "bad.h"

#include <pthread.h>
#include <signal.h>

static volatile int zero;

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int deeper(volatile char* above) {
    volatile char here[4096];
    here[0] = above[0];
    return deeper(here) + here[0];
}

static void end_by(bw_str what) {
    volatile char here = 0;
    if (bw_str_equal(what, S("segv"))) *(volatile int*)(intptr_t)zero = 1;
    if (bw_str_equal(what, S("abort"))) abort();
    if (bw_str_equal(what, S("exit"))) exit(0);
    if (bw_str_equal(what, S("quick_exit"))) quick_exit(0);
    if (bw_str_equal(what, S("stack"))) zero = deeper(&here);
    if (bw_str_equal(what, S("divide"))) zero = 7 / zero;
    if (bw_str_equal(what, S("trap"))) __builtin_trap();
    if (bw_str_equal(what, S("raise"))) raise(SIGTRAP);
#if defined(__x86_64__)
    if (bw_str_equal(what, S("breakpoint"))) __asm__ volatile("int3");
#else
    if (bw_str_equal(what, S("breakpoint"))) raise(SIGTRAP);
#endif
}

static bw_str what_of(bad_provider* of) { return option(of, "what", S("")); }

static bw_status in_open(bad_call* call, const bw_request* request) {
    (void)request;
    end_by(what_of(call->of));
    return BW_E_INTERNAL;
}
static bw_status in_call(bad_call* call) {
    end_by(what_of(call->of));
    return BW_E_INTERNAL;
}
static bw_status in_step(bad_call* call, bw_step* next) {
    (void)next;
    return in_call(call);
}
static bw_status starts(bad_call* call, const bw_request* request) {
    (void)request;
    return begin(call);
}
static void in_close(bad_call* call) { end_by(what_of(call->of)); }

static void* run(void* of) {
    end_by(what_of(of));
    return NULL;
}
/* Waits for its thread, which the host would not; the process ends meanwhile. */
static bw_status in_thread(bad_call* call, const bw_request* request) {
    pthread_t thread;
    (void)request;
    pthread_create(&thread, NULL, run, call->of);
    pthread_join(thread, NULL);
    return BW_E_INTERNAL;
}

static const trick tricks[] = {
    {"call_open", .open = in_open},    {"call_head", .head = in_call},
    {"call_data", .data = in_call},    {"call_end", .end = in_call},
    {"call_close", .close = in_close}, {"step", .open = starts, .step = in_step},
    {"a thread", .open = in_thread},   {"create", .open = NULL},
    {"service_open", .open = NULL},    {"destroy", .open = NULL},
    {"service_close", .open = NULL},
};

static int is_where(bw_str config, const char* where) {
    return bw_json_equals(bw_json_get(config, "how"), bw_str_from(where));
}

static bw_str inner_what(bw_str config) { return bw_json_inner(bw_json_get(config, "what")); }

static bw_status create(const bw_setup* setup, bw_provider** out) {
    if (is_where(setup->config, "create")) end_by(inner_what(setup->config));
    return bad_create(setup, out);
}

static void destroy(bw_provider* gone) {
    bad_provider* const of = (bad_provider*)gone;
    if (is_where(of->config, "destroy")) end_by(what_of(of));
    bad_destroy(gone);
}

static bw_status service_open(const bw_setup* setup, bw_service** out) {
    char* const config = calloc(1, setup->config.len + 1); /* is the service */
    memcpy(config, setup->config.ptr, setup->config.len);
    if (is_where(setup->config, "service_open")) end_by(inner_what(setup->config));
    *out = (bw_service*)config;
    return BW_OK;
}

static void service_close(bw_service* gone) {
    const bw_str config = bw_str_from((const char*)gone);
    if (is_where(config, "service_close")) end_by(inner_what(config));
    free(gone);
}

__attribute__((constructor)) static void when_loaded(void) {
    const char* const what = getenv("BAD_CONSTRUCTOR");
    if (what != NULL) end_by(bw_str_from(what));
}

BAD_TRICKS
BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello* host) {
    static const bw_plugin table = {.size = sizeof table,
                                    .abi_minor = BW_ABI_MINOR,
                                    .id = "com.example.bad.crashes",
                                    .version = "6.6.6",
                                    .manifest = BAD_OPTIONS,
                                    .service_open = service_open,
                                    .service_close = service_close,
                                    .create = create,
                                    .destroy = destroy,
                                    .call_open = bad_open,
                                    .call_head = bad_head,
                                    .call_data = bad_data,
                                    .call_end = bad_end,
                                    .call_close = bad_close,
                                    .extension = bad_side};
    (void)host;
    return &table;
}
