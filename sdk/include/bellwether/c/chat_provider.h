/* bellwether/c/chat_provider.h - a provider that keeps nothing but its config, with calls that are
 * nothing but replies: of such a one only call_open and call_data are left to write.
 *
 *   static bw_status call_open(bw_provider*, bw_attempt*, const bw_request*, bw_call** out);
 *   static bw_status call_data(bw_call*, const bw_frame*);
 *   BW_CHAT_PLUGIN("com.example.oracle", "1.0.0", "{...}")
 *
 * Behind its bw_provider is a bw_chat_provider, and behind a bw_call a bw_chat_reply. Part of
 * <bellwether/c/helpers.h>. */
#ifndef BELLWETHER_C_CHAT_PROVIDER_H
#define BELLWETHER_C_CHAT_PROVIDER_H

#include <bellwether/c/chat_reply.h>
#include <bellwether/c/setup.h>

typedef struct bw_chat_provider {
    bw_teller host;
    bw_buffer config;   /* as bw_setup has it: JSON */
    bw_buffer base_url; /* of it */
} bw_chat_provider;

static inline void bw_chat_destroy(bw_provider* of) BW_NOEXCEPT {
    bw_chat_provider* const self = (bw_chat_provider*)of;
    bw_buffer_free(&self->config);
    bw_buffer_free(&self->base_url);
    free(self);
}

static inline bw_status bw_chat_create(const bw_setup* setup, bw_provider** out) BW_NOEXCEPT {
    bw_chat_provider* const made = (bw_chat_provider*)calloc(1, sizeof *made);
    int failed = made == NULL;
    if (made != NULL) {
        made->host = bw_teller_of(setup);
        bw_buffer_append(&made->config, setup->config);
        bw_json_append_text(&made->base_url, bw_json_get(setup->config, "base_url"));
        failed = made->config.failed || made->base_url.failed;
    }
    if (failed && made != NULL) bw_chat_destroy((bw_provider*)made);
    if (failed) return bw_fail_memory(bw_teller_of(setup));
    *out = (bw_provider*)made;
    return BW_OK;
}

static inline bw_status bw_chat_call_head(bw_call* of, const bw_head* head) BW_NOEXCEPT {
    bw_chat_head_came((bw_chat_reply*)of, head);
    return BW_OK;
}

static inline bw_status bw_chat_call_end(bw_call* of, const bw_end* end) BW_NOEXCEPT {
    (void)end;
    return bw_chat_end((bw_chat_reply*)of);
}

static inline void bw_chat_call_close(bw_call* of, const bw_close* why) BW_NOEXCEPT {
    (void)why;
    bw_chat_delete((bw_chat_reply*)of);
}

/* The reply to what is asked of it; NULL: return BW_E_INTERNAL. */
static inline bw_chat_reply* bw_chat_asked(bw_provider* of, bw_attempt* attempt,
                                           const bw_request* request) {
    const bw_chat_provider* const self = (const bw_chat_provider*)of;
    bw_chat_reply* const reply = bw_chat_new(bw_teller_for(self->host, attempt), request);
    if (reply != NULL) reply->of = of;
    return reply;
}

/* What call_open does last: sends `body`, which ends here, to base_url + `path`, with the
 * credential `auth` if the config has it, and gives the status to return. A stream comes in frames
 * of the kind `frame`, all else whole. An empty body is none: it gets what is there. What was
 * refused before is not sent. */
static inline bw_status bw_chat_open_call(bw_chat_reply* reply, bw_str path, bw_str auth,
                                          uint32_t frame, bw_buffer* body, bw_call** out) {
    const bw_chat_provider* const self = (const bw_chat_provider*)reply->of;
    const bw_str config = bw_buffer_text(&self->config);
    bw_status status;
    bw_buffer url;
    memset(&url, 0, sizeof url);
    bw_buffer_append(&url, bw_buffer_text(&self->base_url));
    bw_buffer_append(&url, path);
    reply->failed = reply->failed || url.failed;
    if (!bw_has_credential(config, auth)) auth = BW_S("");
    status = body->len == 0 && !body->failed
                 ? bw_chat_get(reply, bw_buffer_text(&url), auth)
                 : bw_chat_post(reply, bw_buffer_text(&url), auth,
                                reply->stream ? frame : (uint32_t)BW_FRAME_WHOLE, body);
    bw_buffer_free(&url);
    bw_buffer_free(body);
    return bw_chat_opened(reply, status, out);
}

/* As BW_PLUGIN, of the functions call_open and call_data. */
#define BW_CHAT_PLUGIN(its_id, its_version, its_manifest)                                       \
    BW_PLUGIN_OF(its_id, its_version, its_manifest, bw_chat_create, bw_chat_destroy, call_open, \
                 bw_chat_call_head, call_data, bw_chat_call_end, bw_chat_call_close)

#endif
