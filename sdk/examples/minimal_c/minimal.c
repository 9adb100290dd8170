/* The smallest provider in C: posts the request to base_url and hands on the reply as it comes. It
 * knows no credential, no stream and no errors but one; see minimal_cpp for a fuller one. */
#include <bellwether/provider.h>
#include <stdlib.h>
#include <string.h>

struct bw_provider {
    const bw_host_api* host;
    char url[256];
};

struct bw_call {
    const bw_host_api* host;
    bw_exchange* exchange;
    uint32_t http_status;
};

static bw_str text(const char* words) {
    const bw_str out = {words, strlen(words)};
    return out;
}

static bw_status fail(bw_error* error, bw_status status, const char* message) {
    error->message_len = (uint32_t)strlen(message);
    memcpy(error->message, message, error->message_len);
    return status;
}

/* Finds "base_url" in the config. A URL has nothing that JSON would escape. */
static bw_status read_url(bw_str config, char* url, size_t size) {
    static const char key[] = "\"base_url\":\"";
    const size_t key_len = sizeof key - 1;
    size_t at;
    size_t used = 0;
    for (at = 0; at + key_len < config.len; ++at) {
        if (memcmp(config.ptr + at, key, key_len) == 0) break;
    }
    for (at += key_len; at < config.len && config.ptr[at] != '"' && used + 1 < size; ++at) {
        url[used++] = config.ptr[at];
    }
    url[used] = '\0';
    return used == 0 ? BW_E_INVALID : BW_OK;
}

static bw_status create(const bw_host_api* api, bw_host* host, bw_str config, bw_provider** out,
                        bw_error* error) {
    bw_provider* const provider = malloc(sizeof *provider);
    (void)host;
    if (provider == NULL) return fail(error, BW_E_INTERNAL, "out of memory");
    provider->host = api;
    if (read_url(config, provider->url, sizeof provider->url) != BW_OK) {
        free(provider);
        return fail(error, BW_E_INVALID, "set base_url to where the requests shall go");
    }
    *out = provider;
    return BW_OK;
}

static void destroy(bw_provider* provider) { free(provider); }

static bw_status call_open(bw_provider* provider, bw_exchange* exchange, const bw_request* request,
                           bw_call** out, bw_error* error) {
    bw_call* call;
    if (request->operation != BW_OP_CHAT || (request->flags & BW_REQUEST_STREAM) != 0) {
        return fail(error, BW_E_UNSUPPORTED, "only chat without a stream is served");
    }
    call = malloc(sizeof *call);
    if (call == NULL) return fail(error, BW_E_INTERNAL, "out of memory");
    call->host = provider->host;
    call->exchange = exchange;
    call->http_status = 0;
    call->host->send(exchange, text("POST"), text(provider->url), BW_FRAME_WHOLE);
    call->host->send_body(exchange, request->body);
    *out = call;
    return BW_OK;
}

static bw_status call_head(bw_call* call, const bw_head* head, bw_error* error) {
    (void)error;
    call->http_status = head->http_status;
    return BW_OK;
}

static bw_status call_data(bw_call* call, const bw_frame* frame, bw_error* error) {
    if (call->http_status < 200 || call->http_status > 299) {
        error->http_status = call->http_status;
        return fail(error, BW_E_UPSTREAM, "the upstream answered with an error");
    }
    call->host->emit(call->exchange, BW_EMIT_REPLY, frame->data);
    return BW_OK;
}

static bw_status call_end(bw_call* call, bw_error* error) {
    (void)call;
    (void)error;
    return BW_OK;
}

static void call_close(bw_call* call) { free(call); }

static const bw_plugin table = {sizeof(bw_plugin),
                                BW_ABI_MINOR,
                                0,
                                0,
                                "com.example.minimal-c",
                                "1.0.0",
                                "{\"summary\":\"hands a chat on to base_url\"}",
                                create,
                                destroy,
                                call_open,
                                call_head,
                                call_data,
                                call_end,
                                call_close,
                                NULL};

const bw_plugin* bw_plugin_v1(uint32_t host_minor) {
    (void)host_minor;
    return &table;
}
