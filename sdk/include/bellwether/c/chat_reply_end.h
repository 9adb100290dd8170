/* bellwether/c/chat_reply_end.h - how a chat reply ends, what it is counted by, and how its call
 * begins. Part of <bellwether/c/chat_reply.h>. */
#ifndef BELLWETHER_C_CHAT_REPLY_END_H
#define BELLWETHER_C_CHAT_REPLY_END_H

#include <bellwether/c/chat_reply.h>

/* Sends what was held back of a choice, and then its reason. */
static inline void bw_chat_send_end(bw_chat_reply* reply, bw_chat_choice* choice) {
    const bw_str names[3] = {BW_S("reasoning_content"), BW_S("content"), BW_S("refusal")};
    const bw_chat_said* const texts[3] = {&choice->reasoning, &choice->content, &choice->refusal};
    bw_json_writer json;
    int silent;
    size_t i;
    for (i = 0; i < 3; ++i) {
        bw_chat_send_text(reply, choice, names[i], bw_str_of(texts[i]->held, texts[i]->held_len));
    }
    for (i = 0; i < choice->call_count; ++i) {
        const bw_chat_said* const said = &choice->calls[i].arguments;
        bw_chat_send_call(reply, choice, i, BW_S(""), BW_S(""),
                          said->any ? bw_str_of(said->held, said->held_len) : BW_S("{}"));
    }
    silent = !choice->begun;
    json = bw_chat_chunk(reply, choice, silent);
    if (silent) bw_json_put_string(&json, BW_S("content"), BW_S(""));
    bw_chat_chunk_end(reply, &json, bw_chat_reason(choice->reason));
}

/* Ends a choice with a BW_FINISH_*. One that "stopped" but has tool calls waits for them. */
static inline void bw_chat_finish(bw_chat_reply* reply, int64_t choice, int reason) {
    bw_chat_choice* const ended = bw_chat_open(reply, choice);
    if (ended == NULL) return;
    if (reason == BW_FINISH_STOP && ended->call_count > 0) reason = BW_FINISH_TOOL_CALLS;
    ended->reason = reason;
    if (reply->stream) bw_chat_send_end(reply, ended);
    ended->finished = 1;
}

/* What the call has used of one thing, as far as it is known by now: "input", "output.reasoning",
 * "web_search" ... as bw_usage names them. One below 0 was not said; nothing takes back what was
 * said before. Told to the host at once; the tokens stand in the reply as well. */
static inline void bw_chat_used(bw_chat_reply* reply, bw_str name, int64_t amount) {
    const int is_part = name.len > 0 && memchr(name.ptr, '.', name.len) != NULL;
    size_t i;
    if (amount < 0) return;
    for (i = 0; i < BW_CHAT_AMOUNTS; ++i) {
        if (!bw_str_equal(name, bw_str_from(bw_chat_amounts()[i].name))) continue;
        if (amount > reply->used[i]) reply->used[i] = amount;
    }
    if (!is_part) reply->has_usage = 1;
    if (reply->status == BW_OK) reply->status = bw_used(reply->to, name, amount);
}

/* The tier of service that served, by the upstream's name; an empty one was not said. */
static inline void bw_chat_tier(bw_chat_reply* reply, bw_str tier) {
    if (tier.len == 0) return;
    bw_buffer_clear(&reply->service_tier);
    bw_buffer_append(&reply->service_tier, tier);
    reply->failed = reply->failed || reply->service_tier.failed;
    if (reply->status == BW_OK) reply->status = bw_used_tier(reply->to, tier);
}

static inline int bw_chat_compare(const void* a, const void* b) {
    const int64_t x = ((const bw_chat_choice*)a)->index;
    const int64_t y = ((const bw_chat_choice*)b)->index;
    return x < y ? -1 : x > y;
}

/* Whether the reply can go on, for call_data to return: BW_OK, or else what has been told to the
 * host. What was emitted until then is valid. Texts taken from reply->texts end here. */
static inline bw_status bw_chat_status(bw_chat_reply* reply) {
    reply->failed = reply->failed || reply->texts.failed;
    bw_arena_free(&reply->texts);
    if (reply->status == BW_OK && reply->failed) reply->status = bw_fail_memory(reply->to);
    return reply->status;
}

/* Posts JSON as bw_post does, unless the reply has failed, or its body, for want of memory. */
static inline bw_status bw_chat_post(bw_chat_reply* reply, bw_str url, bw_str auth, uint32_t frame,
                                     const bw_buffer* body) {
    reply->failed = reply->failed || body->failed;
    if (bw_chat_status(reply) != BW_OK) return reply->status;
    return bw_post(reply->to, url, auth, frame, bw_buffer_text(body));
}

/* The same of bw_get. */
static inline bw_status bw_chat_get(bw_chat_reply* reply, bw_str url, bw_str auth) {
    return bw_chat_status(reply) == BW_OK ? bw_get(reply->to, url, auth) : reply->status;
}

/* What call_open does last with a reply of bw_chat_new: it is the call if the status is BW_OK, and
 * else deleted. Gives the status. */
static inline bw_status bw_chat_opened(bw_chat_reply* reply, bw_status status, bw_call** out) {
    if (status == BW_OK) *out = (bw_call*)reply;
    if (status != BW_OK) bw_chat_delete(reply);
    return status;
}

/* All has been said: emits the reply or, for a stream, the closing chunk if there is usage; once.
 * BW_E_PROTOCOL, which is told, and nothing is emitted, if a choice has not finished: the answer
 * was cut. Else as bw_chat_status. */
static inline bw_status bw_chat_end(bw_chat_reply* reply) {
    const bw_status before = bw_chat_status(reply);
    bw_json_writer json;
    int cut = reply->choice_count == 0;
    size_t i;
    if (before != BW_OK || reply->ended) return before;
    for (i = 0; i < reply->choice_count; ++i) cut = cut || !reply->choices[i].finished;
    if (cut) return bw_fail(reply->to, BW_E_PROTOCOL, BW_S("the answer was cut"));
    reply->ended = 1;
    if (reply->stream && !reply->has_usage) return BW_OK;
    bw_buffer_clear(&reply->json);
    json = bw_json_writing(&reply->json);
    bw_chat_write_head(&json, &reply->head,
                       reply->stream ? BW_S("chat.completion.chunk") : BW_S("chat.completion"));
    bw_json_put_array(&json, BW_S("choices"));
    if (!reply->stream) {
        qsort(reply->choices, reply->choice_count, sizeof *reply->choices, bw_chat_compare);
        for (i = 0; i < reply->choice_count; ++i) bw_chat_write_choice(&json, &reply->choices[i]);
    }
    bw_json_end(&json);
    if (reply->has_usage) {
        bw_json_key(&json, BW_S("usage"));
        bw_chat_write_usage(&json, reply->used);
    }
    if (reply->service_tier.len > 0) {
        bw_json_put_string(&json, BW_S("service_tier"), bw_buffer_text(&reply->service_tier));
    }
    bw_json_finish(&json);
    bw_chat_emit(reply, reply->stream ? BW_EMIT_USAGE : BW_EMIT_REPLY);
    return bw_chat_status(reply);
}

#endif
