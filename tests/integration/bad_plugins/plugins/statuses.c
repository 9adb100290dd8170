/* Plugins whose functions return what they should not, or tell one thing and return another. */
#include "bad.h"

static bw_status refuse(bad_call* call, bw_status told, bw_status returned) {
    bw_error error = {.size = sizeof error, .status = told, .message = S("told so")};
    call->of->api->fail(call->of->host, call->attempt, &error);
    return returned;
}

#define REFUSES(name, told, returned)                                  \
    static bw_status name(bad_call* call, const bw_request* request) { \
        (void)request;                                                 \
        return refuse(call, told, returned);                           \
    }
#define RETURNS(name, status)                                          \
    static bw_status name(bad_call* call, const bw_request* request) { \
        (void)call;                                                    \
        (void)request;                                                 \
        return status;                                                 \
    }

RETURNS(status_99, 99)
RETURNS(status_below_complete, -2)
RETURNS(bug_without_words, BW_E_INTERNAL)
REFUSES(two_statuses, BW_E_INVALID, BW_E_RATE)
REFUSES(bug_with_words, BW_E_INTERNAL, BW_E_INTERNAL)

static bw_status told_and_ok(bad_call* call, const bw_request* request) {
    (void)request;
    refuse(call, BW_E_UPSTREAM, BW_OK);
    return send_well(call);
}

static bw_status fail_null(bad_call* call, const bw_request* request) {
    (void)request;
    return call->of->api->fail(call->of->host, call->attempt, NULL);
}

static bw_status data_bug(bad_call* call) { return refuse(call, BW_E_INTERNAL, BW_E_INTERNAL); }
static bw_status data_99(bad_call* call) {
    (void)call;
    return 99;
}
static bw_status end_99(bad_call* call) { return data_99(call); }

/* So much that it must not reach a log or a client as it is. */
static bw_status long_words(bad_call* call, const bw_request* request) {
    static char words[4 << 20];
    bw_error error = {.size = sizeof error, .status = BW_E_UPSTREAM};
    (void)request;
    memset(words, 'w', sizeof words);
    error.message = bw_str_of(words, sizeof words);
    return call->of->api->fail(call->of->host, call->attempt, &error);
}

static bw_status no_text(bad_call* call, const bw_request* request) {
    bw_error error = {.size = sizeof error, .status = BW_E_UPSTREAM};
    (void)request;
    error.message = S("\xff\xfe \x1b[31mred\r\nlevel=error");
    return call->of->api->fail(call->of->host, call->attempt, &error);
}

static const trick tricks[] = {
    {"99", .open = status_99},
    {"below-complete", .open = status_below_complete},
    {"bug-without-words", .open = bug_without_words},
    {"bug-with-words", .open = bug_with_words},
    {"two-statuses", .open = two_statuses},
    {"told-and-ok", .open = told_and_ok},
    {"fail-null", .open = fail_null},
    {"data-bug", .data = data_bug},
    {"data-99", .data = data_99},
    {"end-99", .end = end_99},
    {"long-words", .open = long_words},
    {"no-text", .open = no_text},
};

BAD_PLUGIN("statuses")
