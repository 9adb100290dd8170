/* Plugins whose table, or manifest, is wrong: BAD_TABLE in the environment says how, and
 * BAD_MANIFEST is the manifest. */
#include <bellwether/provider.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bw_status create(const bw_setup* setup, bw_provider** out) {
    (void)setup;
    (void)out;
    return BW_E_INTERNAL;
}
static void destroy(bw_provider* of) { (void)of; }
static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* asked,
                           bw_call** out) {
    (void)of;
    (void)attempt;
    (void)asked;
    (void)out;
    return BW_E_INTERNAL;
}
static bw_status call_head(bw_call* call, const bw_head* head) {
    (void)call;
    (void)head;
    return BW_OK;
}
static bw_status call_data(bw_call* call, const bw_frame* frame) {
    (void)call;
    (void)frame;
    return BW_OK;
}
static bw_status call_end(bw_call* call, const bw_end* end) {
    (void)call;
    (void)end;
    return BW_OK;
}
static void call_close(bw_call* call, const bw_close* close) {
    (void)call;
    (void)close;
}
static bw_status service_open(const bw_setup* setup, bw_service** out) {
    (void)setup;
    (void)out;
    return BW_OK;
}
static void service_close(bw_service* of) { (void)of; }
static void service_notice(bw_service* of, const bw_notice* notice) {
    (void)of;
    (void)notice;
}

#define A_TABLE                                                                            \
    {                                                                                      \
        .size = sizeof(bw_plugin), .abi_minor = BW_ABI_MINOR, .id = "com.example.bad.one", \
        .version = "6.6.6", .manifest = "{}", .create = create, .destroy = destroy,        \
        .call_open = call_open, .call_head = call_head, .call_data = call_data,            \
        .call_end = call_end, .call_close = call_close                                     \
    }
static bw_plugin first = A_TABLE;
static bw_plugin second = A_TABLE;

/* A manifest of many megabytes, or of many models; made at run time, as it may be. */
static const char* blown_up(const char* begin, const char* each, long count) {
    static char text[60 << 20];
    char* end = text + sprintf(text, "%s", begin);
    long i;
    for (i = 0; i < count; ++i) end += sprintf(end, each, i);
    strcpy(end - 1, "]}"); /* in place of the last comma */
    return text;
}

static int is(const char* how) {
    const char* const told = getenv("BAD_TABLE");
    return told != NULL && strcmp(told, how) == 0;
}

static void leave_one_out(void) {
    if (is("no-id")) first.id = NULL;
    if (is("no-version")) first.version = NULL;
    if (is("no-create")) first.create = NULL;
    if (is("no-destroy")) first.destroy = NULL;
    if (is("no-call_open")) first.call_open = NULL;
    if (is("no-call_head")) first.call_head = NULL;
    if (is("no-call_data")) first.call_data = NULL;
    if (is("no-call_end")) first.call_end = NULL;
    if (is("no-call_close")) first.call_close = NULL;
    if (is("service_open-only")) first.service_open = service_open;
    if (is("service_close-only")) first.service_close = service_close;
    if (is("service_notice-only")) first.service_notice = service_notice;
    if (is("service-without-close")) {
        first.service_open = service_open;
        first.service_notice = service_notice;
    }
}

static void spoil(void) {
    const char* const manifest = getenv("BAD_MANIFEST");
    if (manifest != NULL) first.manifest = manifest;
    leave_one_out();
    if (is("size-0")) first.size = 0;
    if (is("size-8")) first.size = 8;
    if (is("size-cut")) first.size = sizeof(bw_plugin) - 1;
    if (is("needs-newer")) first.host_minor_needed = 99;
    if (is("id-empty")) first.id = "";
    if (is("id-long"))
        first.id = "com.example.this.id.is.one.byte.too.long.for.a.plugin.of.abi.one.";
    if (is("id-control")) first.id = "com.example.\x1b[31mred\nversion 9.9.9";
    if (is("version-long")) {
        static char version[100001];
        memset(version, '9', sizeof version - 1);
        first.version = version;
    }
    if (is("function-of-another")) first.destroy = (void (*)(bw_provider*))(void (*)(void))srand;
    if (is("text-of-another")) first.version = gnu_get_libc_version();
    if (is("circle")) first.next = &first;
    if (is("two")) second.id = "com.example.bad.two";
    if (is("two") || is("one-id-twice")) first.next = &second;
    if (is("second-is-bad")) {
        first.next = &second;
        second.id = "";
    }
    if (is("50-mb"))
        first.manifest = blown_up("{\"operations\":[\"chat\"],\"models\":[{\"id\":\"m\"}],\"x\":[",
                                  "\"%090ld\",", 550000);
    if (is("300000-models"))
        first.manifest = blown_up("{\"models\":[", "{\"id\":\"m%ld\"},", 300000);
}

#ifndef ENTRY
#define ENTRY bw_plugin_v1
#endif
BW_EXPORT const bw_plugin* ENTRY(const bw_hello* host);
const bw_plugin* ENTRY(const bw_hello* host) {
    (void)host;
    if (is("null")) return NULL;
    if (is("table-of-another")) return (const bw_plugin*)(const void*)stdout;
    spoil();
    return &first;
}
