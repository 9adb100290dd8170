/* Engines (bw.engine/1) that begin, step or wake where they should not. */
#define _POSIX_C_SOURCE 200809L
#include "bad.h"

#include <time.h>

static bw_status start(bad_call* call, const bw_request* request) {
    (void)request;
    return begin(call);
}

static bw_status begin_after_send(bad_call* call, const bw_request* request) {
    (void)request;
    send_well(call);
    return begin(call);
}

static bw_status send_after_begin(bad_call* call, const bw_request* request) {
    (void)request;
    begin(call);
    return send_well(call);
}

static bw_status begin_in_step(bad_call* call, bw_step* next) {
    (void)next;
    begin(call);
    emit_well(call);
    return BW_COMPLETE;
}

static bw_status send_in_step(bad_call* call, bw_step* next) {
    (void)next;
    return send_well(call);
}

static bw_status never(bad_call* call, bw_step* next) {
    (void)call;
    (void)next;
    return BW_OK;
}

/* Asks for the next step at once, for ever. */
static bw_status restless(bad_call* call, bw_step* next) {
    (void)next;
    engine_of(call)->wake(call->of->host, call->ticket);
    return BW_OK;
}

static bw_status waits_below_0(bad_call* call, bw_step* next) {
    next->wait_ms = -5;
    engine_of(call)->wake(call->of->host, call->ticket);
    if (call->frames++ == 0) return BW_OK;
    emit_well(call);
    return BW_COMPLETE;
}

static bw_status without_reply(bad_call* call, bw_step* next) {
    (void)call;
    (void)next;
    return BW_COMPLETE;
}

static bw_status slow(bad_call* call, bw_step* next) {
    const int64_t until = call->of->api->unix_ms(call->of->host) + 120;
    (void)next;
    while (call->of->api->unix_ms(call->of->host) < until) {
    }
    emit_well(call);
    return BW_COMPLETE;
}

static bw_status sleeps(bad_call* call, bw_step* next) {
    const struct timespec long_time = {.tv_sec = 2};
    nanosleep(&long_time, NULL);
    (void)next;
    emit_well(call);
    return BW_COMPLETE;
}

static bw_status wakes_a_stranger(bad_call* call, bw_step* next) {
    (void)next;
    engine_of(call)->wake(call->of->host, 0);
    engine_of(call)->wake(call->of->host, UINT64_MAX);
    engine_of(call)->wake(NULL, UINT64_MAX);
    emit_well(call);
    return BW_COMPLETE;
}

static void wakes_in_close(bad_call* call) { engine_of(call)->wake(call->of->host, call->ticket); }

static bw_ticket closed;
static void keeps_ticket(bad_call* call) { closed = call->ticket; }
static bw_status wakes_the_closed(bad_call* call, bw_step* next) {
    (void)next;
    engine_of(call)->wake(call->of->host, closed);
    emit_well(call);
    return BW_COMPLETE;
}

static const trick tricks[] = {
    {"no-step", .open = start},
    {"begin-after-send", .open = begin_after_send},
    {"send-after-begin", .open = send_after_begin},
    {"begin-in-step", .open = start, .step = begin_in_step},
    {"send-in-step", .open = start, .step = send_in_step},
    {"begin-in-call_end", .end = begin},
    {"never", .open = start, .step = never},
    {"restless", .open = start, .step = restless},
    {"waits-below-0", .open = start, .step = waits_below_0},
    {"without-reply", .open = start, .step = without_reply},
    {"slow", .open = start, .step = slow},
    {"sleeps", .open = start, .step = sleeps},
    {"wakes-a-stranger", .open = start, .step = wakes_a_stranger},
    {"wakes-in-call_close", .open = start, .close = wakes_in_close},
    {"wakes-the-closed", .open = start, .step = wakes_the_closed, .close = keeps_ticket},
};

BAD_PLUGIN("engines")
