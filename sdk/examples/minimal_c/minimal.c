/* The smallest provider in C: posts the request to base_url and hands on the reply as it comes. It
 * knows no credential, no stream and no errors but one; see minimal_cpp for a fuller one. */
#include <bellwether/provider.h>
#include <stdlib.h>
#include <string.h>

typedef struct provider { /* behind a bw_provider */
    const bw_host_api* api;
    bw_host* host;
    char url[256];
} provider;

typedef struct call { /* behind a bw_call */
    const provider* owner;
    bw_attempt* attempt;
    uint32_t http_status;
} call;

static bw_str text(const char* words) {
    const bw_str out = {words, strlen(words)};
    return out;
}

static bw_status fail(const bw_host_api* api, bw_host* host, bw_attempt* attempt, bw_status status,
                      const char* message) {
    const bw_error error = {.size = sizeof error, .status = status, .message = text(message)};
    return api->fail(host, attempt, &error);
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

static bw_status create(const bw_setup* setup, bw_provider** out) {
    provider* const made = malloc(sizeof *made);
    if (made == NULL) return fail(setup->api, setup->host, NULL, BW_E_INTERNAL, "out of memory");
    made->api = setup->api;
    made->host = setup->host;
    if (read_url(setup->config, made->url, sizeof made->url) != BW_OK) {
        free(made);
        return fail(setup->api, setup->host, NULL, BW_E_INVALID,
                    "set base_url to where the requests shall go");
    }
    *out = (bw_provider*)made;
    return BW_OK;
}

static void destroy(bw_provider* gone) { free(gone); }

static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    const provider* const owner = (const provider*)of;
    const bw_piece body = {.kind = BW_PIECE_BYTES, .bytes = request->body};
    const bw_send asked = {.size = sizeof asked,
                           .method = text("POST"),
                           .url = text(owner->url),
                           .body = &body,
                           .body_count = 1};
    bw_status status;
    call* made;
    if ((request->flags & BW_REQUEST_STREAM) != 0) {
        return fail(owner->api, owner->host, attempt, BW_E_UNSUPPORTED, "no streams are served");
    }
    status = owner->api->send(attempt, &asked);
    if (status != BW_OK) return status;
    made = malloc(sizeof *made);
    if (made == NULL) return fail(owner->api, owner->host, attempt, BW_E_INTERNAL, "out of memory");
    made->owner = owner;
    made->attempt = attempt;
    made->http_status = 0;
    *out = (bw_call*)made;
    return BW_OK;
}

static bw_status call_head(bw_call* self, const bw_head* head) {
    ((call*)self)->http_status = head->http_status;
    return BW_OK;
}

static bw_status call_data(bw_call* self, const bw_frame* frame) {
    const call* const of = (const call*)self;
    const bw_host_api* const api = of->owner->api;
    const bw_emit reply = {.size = sizeof reply, .kind = BW_EMIT_REPLY, .data = frame->data};
    if (of->http_status < 200 || of->http_status > 299) {
        const bw_error error = {.size = sizeof error,
                                .status = BW_E_UPSTREAM,
                                .http_status = of->http_status,
                                .message = text("the upstream answered with an error")};
        return api->fail(of->owner->host, of->attempt, &error);
    }
    return api->emit(of->attempt, &reply);
}

static bw_status call_end(bw_call* self, const bw_end* end) {
    (void)self;
    (void)end;
    return BW_OK;
}

static void call_close(bw_call* self, const bw_close* close) {
    (void)close;
    free(self);
}

static const bw_plugin table = {.size = sizeof table,
                                .abi_minor = BW_ABI_MINOR,
                                .id = "com.example.minimal-c",
                                .version = "1.0.0",
                                .manifest = "{\"summary\":\"hands a chat on to base_url\"}",
                                .create = create,
                                .destroy = destroy,
                                .call_open = call_open,
                                .call_head = call_head,
                                .call_data = call_data,
                                .call_end = call_end,
                                .call_close = call_close};

const bw_plugin* bw_plugin_v1(const bw_hello* host) {
    (void)host;
    return &table;
}
