/* What the bad plugins share: a good provider in C, of which a `trick` spoils one function. A
 * source lists its tricks in `tricks` and ends with BAD_PLUGIN; the provider's option "how" chooses
 * one. A good one sends a POST to base_url, and emits a reply or a chunk when the first bytes come.
 */
#ifndef BAD_PLUGINS_BAD_H
#define BAD_PLUGINS_BAD_H

#include <bellwether/c/helpers.h>
#include <bellwether/ext/engine.h>

typedef struct trick trick;
typedef struct bad_provider {
    const bw_host_api* api;
    bw_host* host;
    bw_str config;
    char* config_copy;
    bw_arena arena;
    bw_str url;
    const trick* plays;
} bad_provider;

typedef struct bad_call {
    bad_provider* of;
    bw_attempt* attempt;
    int stream;
    int frames;
    bw_ticket ticket;
} bad_call;

/* A function that is NULL is as a good plugin has it. */
struct trick {
    const char* how;
    bw_status (*open)(bad_call*, const bw_request*);
    bw_status (*head)(bad_call*);
    bw_status (*data)(bad_call*);
    bw_status (*end)(bad_call*);
    void (*close)(bad_call*);
    bw_status (*step)(bad_call*, bw_step*);
};
static const trick* trick_of(bw_str how); /* BAD_PLUGIN has it */

#define GOOD_HEAD "{\"id\":\"x\",\"created\":1,\"model\":\"m\",\"object\":\"chat.completion"
#define GOOD_REPLY                                               \
    S(GOOD_HEAD                                                  \
      "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"," \
      "\"message\":{\"role\":\"assistant\",\"content\":\"hi\"}}]}")
#define GOOD_CHUNK                                                     \
    S(GOOD_HEAD                                                        \
      ".chunk\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"," \
      "\"delta\":{\"role\":\"assistant\",\"content\":\"hi\"}}]}")

/* What the provider's option says, or the fallback. */
static inline bw_str option(bad_provider* of, const char* name, bw_str fallback) {
    const bw_str value = bw_json_get(of->config, name);
    return bw_json_kind(value) == BW_JSON_STRING ? bw_json_text(value, &of->arena) : fallback;
}

static inline bw_send good_send(const bad_call* call) {
    bw_send asked = {0};
    asked.size = sizeof asked;
    asked.method = S("POST");
    asked.url = call->of->url;
    asked.frame = call->stream ? BW_FRAME_SSE : BW_FRAME_WHOLE;
    return asked;
}

static inline bw_status send_well(bad_call* call) {
    const bw_send asked = good_send(call);
    return call->of->api->send(call->attempt, &asked);
}

static inline bw_status emit(bad_call* call, uint32_t kind, bw_str text) {
    bw_emit piece = {0};
    piece.size = sizeof piece;
    piece.kind = kind;
    piece.data = text;
    return call->of->api->emit(call->attempt, &piece);
}

static inline bw_status emit_well(bad_call* call) {
    return call->stream ? emit(call, BW_EMIT_CHUNK, GOOD_CHUNK)
                        : emit(call, BW_EMIT_REPLY, GOOD_REPLY);
}

static inline const bw_engine_host* engine_of(const bad_call* call) {
    return (const bw_engine_host*)call->of->api->extension(call->of->host, BW_EXT_ENGINE);
}

static inline bw_status begin(bad_call* call) {
    call->ticket = engine_of(call)->begin(call->attempt);
    return call->ticket == 0 ? BW_E_INTERNAL : BW_OK;
}

static bw_status bad_create(const bw_setup* setup, bw_provider** out) {
    const bw_log made = {.size = sizeof made, .level = BW_LOG_INFO, .message = S("made")};
    bad_provider* const of = calloc(1, sizeof *of);
    of->api = setup->api;
    of->host = setup->host;
    of->config_copy = malloc(setup->config.len);
    memcpy(of->config_copy, setup->config.ptr, setup->config.len);
    of->config = bw_str_of(of->config_copy, setup->config.len);
    of->url = option(of, "base_url", S("http://127.0.0.1:1"));
    of->plays = trick_of(option(of, "how", S("")));
    of->api->log(of->host, NULL, &made);
    *out = (bw_provider*)of;
    return BW_OK;
}

static void bad_destroy(bw_provider* gone) {
    bad_provider* const of = (bad_provider*)gone;
    bw_arena_free(&of->arena);
    free(of->config_copy);
    free(of);
}

static bw_status bad_open(bw_provider* provider, bw_attempt* attempt, const bw_request* request,
                          bw_call** out) {
    bad_call* const call = calloc(1, sizeof *call);
    bw_status status;
    call->of = (bad_provider*)provider;
    call->attempt = attempt;
    call->stream = (request->flags & BW_REQUEST_STREAM) != 0;
    status = call->of->plays->open ? call->of->plays->open(call, request) : send_well(call);
    if (status == BW_OK || status == BW_COMPLETE) {
        *out = (bw_call*)call;
    } else {
        free(call);
    }
    return status;
}

static bw_status bad_head(bw_call* self, const bw_head* head) {
    bad_call* const call = (bad_call*)self;
    (void)head;
    return call->of->plays->head ? call->of->plays->head(call) : BW_OK;
}

static bw_status bad_data(bw_call* self, const bw_frame* frame) {
    bad_call* const call = (bad_call*)self;
    (void)frame;
    if (call->frames++ > 0) return BW_OK;
    return call->of->plays->data ? call->of->plays->data(call) : emit_well(call);
}

static bw_status bad_end(bw_call* self, const bw_end* end) {
    bad_call* const call = (bad_call*)self;
    (void)end;
    return call->of->plays->end ? call->of->plays->end(call) : BW_OK;
}

static void bad_close(bw_call* self, const bw_close* close) {
    bad_call* const call = (bad_call*)self;
    (void)close;
    if (call->of->plays->close) call->of->plays->close(call);
    free(call);
}

static bw_status bad_step(bw_call* self, bw_step* next) {
    bad_call* const call = (bad_call*)self;
    if (call->of->plays->step) return call->of->plays->step(call, next);
    emit_well(call);
    return BW_COMPLETE;
}

/* What it has of its side of bw.engine/1: 0 none, 1 all of it, 2 one without a step, 3 one that is
 * too short. */
#ifndef BAD_SIDE
#define BAD_SIDE 1
#endif
static const void* bad_side(const char* id) {
    static const bw_engine_plugin whole = {.size = sizeof whole, .step = bad_step};
    static const bw_engine_plugin no_step = {.size = sizeof no_step};
    static const bw_engine_plugin cut = {.size = 8, .step = bad_step};
    static const bw_engine_plugin* const sides[] = {NULL, &whole, &no_step, &cut};
    return strcmp(id, BW_EXT_ENGINE) == 0 ? sides[BAD_SIDE] : NULL;
}

#define BAD_OPTIONS                                                  \
    "{\"options\":{\"how\":{},\"what\":{},\"text\":{},\"chunk\":{}," \
    "\"kind\":{\"type\":\"integer\"}}}"

/* Finds a trick of the source's `tricks`. */
#define BAD_TRICKS                                               \
    static const trick* trick_of(bw_str how) {                   \
        const trick* one = tricks;                               \
        while (!bw_str_equal(how, bw_str_from(one->how))) ++one; \
        return one;                                              \
    }

#define BAD_PLUGIN(name)                                            \
    BAD_TRICKS                                                      \
    static const bw_plugin table = {.size = sizeof table,           \
                                    .abi_minor = BW_ABI_MINOR,      \
                                    .id = "com.example.bad." name,  \
                                    .version = "6.6.6",             \
                                    .manifest = BAD_OPTIONS,        \
                                    .create = bad_create,           \
                                    .destroy = bad_destroy,         \
                                    .call_open = bad_open,          \
                                    .call_head = bad_head,          \
                                    .call_data = bad_data,          \
                                    .call_end = bad_end,            \
                                    .call_close = bad_close,        \
                                    .extension = bad_side};         \
    BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello* host) { \
        (void)host;                                                 \
        return &table;                                              \
    }

#endif
