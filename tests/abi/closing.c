/* A provider that tells, as its call is closed, why it was: as an amount of the unit "closed". What
 * the upstream says it hands on. */
#include <bellwether/c/helpers.h>

struct bw_provider {
    bw_teller to;
};
struct bw_call {
    bw_teller to;
    bw_attempt* attempt;
};

static bw_status create(const bw_setup* setup, bw_provider** out) {
    *out = malloc(sizeof **out);
    if (*out == NULL) return BW_E_INTERNAL;
    (*out)->to = bw_teller_of(setup);
    return BW_OK;
}

static void destroy(bw_provider* of) { free(of); }

static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    bw_send send;
    memset(&send, 0, sizeof send);
    send.size = sizeof send;
    send.method = S("GET");
    send.url = S("https://p.test/v1");
    send.frame = BW_FRAME_WHOLE;
    (void)request;
    *out = malloc(sizeof **out);
    if (*out == NULL) return BW_E_INTERNAL;
    (*out)->to = of->to;
    (*out)->attempt = attempt;
    return of->to.api->send(attempt, &send);
}

static bw_status call_head(bw_call* call, const bw_head* head) {
    (void)call;
    (void)head;
    return BW_OK;
}

static bw_status call_data(bw_call* call, const bw_frame* frame) {
    bw_emit reply;
    memset(&reply, 0, sizeof reply);
    reply.size = sizeof reply;
    reply.kind = BW_EMIT_REPLY;
    reply.data = frame->data;
    return call->to.api->emit(call->attempt, &reply);
}

static bw_status call_end(bw_call* call, const bw_end* end) {
    (void)call;
    (void)end;
    return BW_OK;
}

static void call_close(bw_call* call, const bw_close* why) {
    const bw_amount amount = {S("closed"), why->reason};
    bw_usage usage;
    memset(&usage, 0, sizeof usage);
    usage.size = sizeof usage;
    usage.amounts = &amount;
    usage.amount_count = 1;
    call->to.api->usage(call->attempt, &usage);
    free(call);
}

BW_PLUGIN("test.closing", "1.0.0", "{}")
