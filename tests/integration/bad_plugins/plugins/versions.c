/* Versions of one plugin, for canaries: each answers a call with its number, but for 13, which
 * fails all of them, 14, which refuses them as wrong, and 99, which cannot be begun. The first one
 * knows no `chunk`, as if that option came later, and takes a credential, as all do. */
#include "bad.h"

#include <stdio.h>

#ifndef BAD_VERSION
#define BAD_VERSION 1
#endif
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static bw_status answers(bad_call* call, const bw_request* request) {
    (void)request;
    if (BAD_VERSION == 13) {
        const bw_error error = {
            .size = sizeof error, .status = BW_E_UPSTREAM, .message = S("unlucky")};
        return call->of->api->fail(call->of->host, call->attempt, &error);
    }
    if (BAD_VERSION == 14) {
        const bw_error error = {
            .size = sizeof error, .status = BW_E_INVALID, .message = S("your mistake")};
        return call->of->api->fail(call->of->host, call->attempt, &error);
    }
    emit(call, BW_EMIT_REPLY,
         S(GOOD_HEAD "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
                     "{\"role\":\"assistant\",\"content\":\"version " TEXT(BAD_VERSION) "\"}}]}"));
    return BW_COMPLETE;
}

static const trick tricks[] = {{"", .open = answers}};
BAD_TRICKS

static const char manifest[] =
    "{\"credentials\":[{\"name\":\"api_key\",\"optional\":true}],\"options\":{\"how\":{}"
#if BAD_VERSION != 1
    ",\"chunk\":{}"
#endif
    "}}";

static bw_status create(const bw_setup* setup, bw_provider** out) {
    return BAD_VERSION == 99 ? BW_E_INVALID : bad_create(setup, out);
}

BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello* host) {
    static const bw_plugin table = {.size = sizeof table,
                                    .abi_minor = BW_ABI_MINOR,
                                    .id = "com.example.versions",
                                    .version = TEXT(BAD_VERSION) ".0",
                                    .manifest = manifest,
                                    .create = create,
                                    .destroy = bad_destroy,
                                    .call_open = bad_open,
                                    .call_head = bad_head,
                                    .call_data = bad_data,
                                    .call_end = bad_end,
                                    .call_close = bad_close,
                                    .extension = bad_side};
    (void)host;
    return &table;
}
