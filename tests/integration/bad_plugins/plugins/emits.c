/* Plugins that say to the client what it would not understand, or when they may not. What is said
 * is in the options "text" and "kind". */
#include "bad.h"

static uint32_t kind_of(bad_call* call) {
    const int64_t usual = call->stream ? BW_EMIT_CHUNK : BW_EMIT_REPLY;
    return (uint32_t)bw_json_to_integer(bw_json_get(call->of->config, "kind"), usual);
}

static bw_status emit_as_told(bad_call* call) {
    return emit(call, kind_of(call), option(call->of, "text", S("")));
}

/* The config cannot hold what is so deep. */
static bw_status emit_deep(bad_call* call) {
    char text[400] = "{\"choices\":[{\"index\":0,\"deep\":";
    const size_t begun = strlen(text);
    memset(text + begun, '[', 70);
    memset(text + begun + 70, ']', 70);
    memcpy(text + begun + 140, "}]}", 4);
    return emit(call, kind_of(call), bw_str_from(text));
}

static bw_status emit_must(bad_call* call) {
    bw_emit piece = {.size = sizeof piece, .must = 1, .kind = kind_of(call)};
    piece.data = call->stream ? GOOD_CHUNK : GOOD_REPLY;
    return call->of->api->emit(call->attempt, &piece);
}

static bw_status emit_null(bad_call* call) { return call->of->api->emit(call->attempt, NULL); }

static bw_status emit_twice(bad_call* call) {
    emit_well(call);
    return emit_well(call);
}

static bw_status emit_nothing(bad_call* call) {
    (void)call;
    return BW_OK;
}

/* What is refused is lost, and the next is good. */
static bw_status emit_and_go_on(bad_call* call) {
    emit(call, kind_of(call), S("null"));
    emit_well(call);
    return BW_OK;
}

static bw_status frame_in_data(bad_call* call) {
    call->of->api->frame(call->attempt, BW_FRAME_LINE);
    return emit_well(call);
}

static bw_status frame_unknown(bad_call* call) { return call->of->api->frame(call->attempt, 99); }

static bw_status header_after_emit(bad_call* call) {
    const bw_header header = {S("x-late"), S("1")};
    emit_well(call);
    return call->of->api->reply_header(call->attempt, &header);
}

static bw_status header_not_allowed(bad_call* call) {
    const bw_header header = {S("set-cookie"), S("a=b")};
    const bw_status status = call->of->api->reply_header(call->attempt, &header);
    return status == BW_OK ? emit_well(call) : status;
}

static bw_status attribute_without_name(bad_call* call) {
    const bw_attribute told = {.size = sizeof told, .type = BW_INTEGER, .integer = 7};
    return call->of->api->attribute(call->attempt, &told);
}

static bw_status usage_of_nonsense(bad_call* call) {
    const bw_amount amounts[] = {{S("input"), -7}, {S("output"), INT64_MAX}, {S(""), 3}};
    const bw_usage used = {.size = sizeof used, .amounts = amounts, .amount_count = 3};
    const bw_status status = call->of->api->usage(call->attempt, &used);
    return status == BW_OK ? emit_well(call) : status;
}

static void emit_in_close(bad_call* call) { emit_well(call); }
static void send_in_close(bad_call* call) { send_well(call); }

static const trick tricks[] = {
    {"as-told", .data = emit_as_told},
    {"deep", .data = emit_deep},
    {"must", .data = emit_must},
    {"null", .data = emit_null},
    {"twice", .data = emit_twice},
    {"nothing", .data = emit_nothing},
    {"go-on", .data = emit_and_go_on},
    {"in-call_close", .close = emit_in_close},
    {"send-in-call_close", .close = send_in_close},
    {"frame-in-call_data", .data = frame_in_data},
    {"frame-unknown", .head = frame_unknown},
    {"header-after-emit", .data = header_after_emit},
    {"header-not-allowed", .data = header_not_allowed},
    {"attribute-without-name", .data = attribute_without_name},
    {"usage-of-nonsense", .data = usage_of_nonsense},
};

BAD_PLUGIN("emits")
