/* Plugins whose call_open asks for what it may not, or for nothing. */
#include "bad.h"

static bw_status spoiled(bad_call* call, void (*spoil)(bw_send*)) {
    bw_send asked = good_send(call);
    spoil(&asked);
    return call->of->api->send(call->attempt, &asked);
}

#define SPOILS(name, ...)                                              \
    static void spoil_##name(bw_send* asked) { __VA_ARGS__; }          \
    static bw_status name(bad_call* call, const bw_request* request) { \
        (void)request;                                                 \
        return spoiled(call, spoil_##name);                            \
    }

static void give_header(bw_send* asked, bw_str name, bw_str value) {
    static bw_header header;
    header.name = name;
    header.value = value;
    asked->headers = &header;
    asked->header_count = 1;
}

static void give_file(bw_send* asked) {
    static const bw_piece file = {.kind = BW_PIECE_FILE};
    asked->body = &file;
    asked->body_count = 1;
}

static void give_credential(bw_send* asked) {
    static bw_str name;
    name = S("master");
    asked->auth = &name;
    asked->auth_count = 1;
}

SPOILS(method_trace, asked->method = S("TRACE"))
SPOILS(method_empty, asked->method = S(""))
SPOILS(url_empty, asked->url = S(""))
SPOILS(url_of_another, asked->url = S("https://evil.example/v1"))
SPOILS(url_with_user, asked->url = S("http://a@127.0.0.1/"))
SPOILS(url_with_line_end, asked->url = S("http://127.0.0.1/\r\nx: y"))
SPOILS(header_name, give_header(asked, S("x y"), S("1")))
SPOILS(header_value, give_header(asked, S("x"), S("1\r\nhost: evil.example")))
SPOILS(header_empty, give_header(asked, S(""), S("1")))
SPOILS(header_length, give_header(asked, S("Content-Length"), S("7")))
SPOILS(header_host, give_header(asked, S("host"), S("evil.example")))
SPOILS(header_encoding, give_header(asked, S("transfer-encoding"), S("chunked")))
SPOILS(credential, give_credential(asked))
SPOILS(must, asked->must = 1u << 31)
SPOILS(frame_kind, asked->frame = 99)
SPOILS(wait_below_0, asked->wait_ms = -1)
SPOILS(files, give_file(asked))

static bw_status nothing(bad_call* call, const bw_request* request) {
    (void)call;
    (void)request;
    return BW_OK;
}

static bw_status twice(bad_call* call, const bw_request* request) {
    (void)request;
    send_well(call);
    return send_well(call);
}

static bw_status and_complete(bad_call* call, const bw_request* request) {
    (void)request;
    send_well(call);
    return BW_COMPLETE;
}

static bw_status complete_without_reply(bad_call* call, const bw_request* request) {
    (void)call;
    (void)request;
    return BW_COMPLETE;
}

static bw_status null_struct(bad_call* call, const bw_request* request) {
    (void)request;
    return call->of->api->send(call->attempt, NULL);
}

static bw_status zeroes(bad_call* call, const bw_request* request) {
    const bw_send asked = {0};
    (void)request;
    return call->of->api->send(call->attempt, &asked);
}

/* Goes on as though it had not been refused. */
static bw_status refused_and_ok(bad_call* call, const bw_request* request) {
    must(call, request);
    return BW_OK;
}

static bw_status in_data(bad_call* call) {
    send_well(call);
    return emit_well(call);
}

static bw_status in_end_twice(bad_call* call) {
    send_well(call);
    return send_well(call);
}

static const trick tricks[] = {
    {"nothing", .open = nothing},
    {"twice", .open = twice},
    {"and-complete", .open = and_complete},
    {"complete-without-reply", .open = complete_without_reply},
    {"null", .open = null_struct},
    {"zeroes", .open = zeroes},
    {"in-call_data", .data = in_data},
    {"twice-in-call_end", .end = in_end_twice},
    {"method-trace", .open = method_trace},
    {"method-empty", .open = method_empty},
    {"url-empty", .open = url_empty},
    {"url-of-another", .open = url_of_another},
    {"url-with-user", .open = url_with_user},
    {"url-with-line-end", .open = url_with_line_end},
    {"header-name", .open = header_name},
    {"header-value", .open = header_value},
    {"header-empty", .open = header_empty},
    {"header-length", .open = header_length},
    {"header-host", .open = header_host},
    {"header-encoding", .open = header_encoding},
    {"credential", .open = credential},
    {"must", .open = must},
    {"refused-and-ok", .open = refused_and_ok},
    {"frame-kind", .open = frame_kind},
    {"wait-below-0", .open = wait_below_0},
    {"files", .open = files},
};

BAD_PLUGIN("sends")
