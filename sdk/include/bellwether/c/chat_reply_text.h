/* bellwether/c/chat_reply_text.h - what a chat reply has said so far, and the JSON of its chunks
 * and of the whole. Part of <bellwether/c/chat_reply.h>. */
#ifndef BELLWETHER_C_CHAT_REPLY_TEXT_H
#define BELLWETHER_C_CHAT_REPLY_TEXT_H

#include <bellwether/c/json_writer.h>

enum {
    BW_CHAT_CHOICES_MAX = 128, /* what goes beyond is left out */
    BW_CHAT_CALLS_MAX = 128    /* of one choice */
};

/* A text that comes in pieces. Of a stream, what has been sent is not kept. */
typedef struct bw_chat_said {
    bw_buffer whole;
    char held[4]; /* the beginning of a character whose rest has not come */
    size_t held_len;
    int any;
} bw_chat_said;

typedef struct bw_chat_call {
    bw_buffer id;
    bw_buffer name;
    bw_chat_said arguments;
} bw_chat_call;

typedef struct bw_chat_choice {
    int64_t index;
    bw_chat_said content;
    bw_chat_said reasoning;
    bw_chat_said refusal;
    bw_chat_call* calls;
    size_t call_count;
    int reason; /* BW_FINISH_* */
    int begun;  /* the role has been sent */
    int finished;
} bw_chat_choice;

/* What all chunks have in common. */
typedef struct bw_chat_head {
    bw_buffer id;
    bw_buffer model;
    bw_buffer system_fingerprint;
    int64_t created_s;
} bw_chat_head;

/* ---- whole characters -------------------------------------------------------------------- */

/* How many bytes at the end of a text begin a character whose rest is missing: 0 to 3. */
static inline size_t bw_chat_cut_off(bw_str text) {
    size_t back;
    for (back = 1; back <= 3 && back <= text.len; ++back) {
        const unsigned byte = (unsigned char)text.ptr[text.len - back];
        if (byte >= 0x80 && byte < 0xC0) continue;
        return byte >= 0xC0 && (byte >= 0xF0 ? 4u : byte >= 0xE0 ? 3u : 2u) > back ? back : 0;
    }
    return 0;
}

/* All that is whole of what has come, joined in `room` where a character was cut. */
static inline bw_str bw_chat_take(bw_chat_said* said, bw_str piece, bw_buffer* room) {
    size_t cut;
    if (said->held_len > 0) {
        bw_buffer_clear(room);
        bw_buffer_append(room, bw_str_of(said->held, said->held_len));
        bw_buffer_append(room, piece);
        piece = bw_buffer_text(room);
    }
    cut = bw_chat_cut_off(piece);
    if (cut > 0) memcpy(said->held, piece.ptr + piece.len - cut, cut);
    said->held_len = cut;
    return bw_str_of(piece.ptr, piece.len - cut);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static inline bw_str bw_chat_reason(int reason) {
    const bw_str words[4] = {BW_S("stop"), BW_S("length"), BW_S("tool_calls"),
                             BW_S("content_filter")};
    return words[reason >= 0 && reason < 4 ? reason : 0];
}

/* Begins a reply or a chunk; its choices come next. */
static inline void bw_chat_write_head(bw_json_writer* json, const bw_chat_head* head,
                                      bw_str object) {
    bw_json_object(json);
    bw_json_put_string(json, BW_S("id"), bw_buffer_text(&head->id));
    bw_json_put_string(json, BW_S("object"), object);
    bw_json_put_integer(json, BW_S("created"), head->created_s);
    bw_json_put_string(json, BW_S("model"), bw_buffer_text(&head->model));
    if (head->system_fingerprint.len > 0) {
        bw_json_put_string(json, BW_S("system_fingerprint"),
                           bw_buffer_text(&head->system_fingerprint));
    }
}

/* Begins a chunk of one choice, up to the members of its delta. The first one has the role; where
 * it has no text, it has "content":null. */
static inline void bw_chat_begin_chunk(bw_json_writer* json, const bw_chat_head* head,
                                       bw_chat_choice* choice, int with_content) {
    bw_chat_write_head(json, head, BW_S("chat.completion.chunk"));
    bw_json_put_array(json, BW_S("choices"));
    bw_json_object(json);
    bw_json_put_integer(json, BW_S("index"), choice->index);
    bw_json_put_object(json, BW_S("delta"));
    if (!choice->begun) {
        bw_json_put_string(json, BW_S("role"), BW_S("assistant"));
        if (!with_content) bw_json_put_raw(json, BW_S("content"), BW_S("null"));
    }
    choice->begun = 1;
}

/* Ends a delta or a message, and says why its choice ended: an empty reason is null. */
static inline void bw_chat_put_end(bw_json_writer* json, bw_str reason) {
    bw_json_end(json);
    bw_json_put_raw(json, BW_S("logprobs"), BW_S("null"));
    bw_json_key(json, BW_S("finish_reason"));
    if (reason.len > 0) {
        bw_json_string(json, reason);
    } else {
        bw_json_null(json);
    }
}

/* A tool call, of a chunk where `index` is not below 0. Empty parts are left out. */
static inline void bw_chat_write_call(bw_json_writer* json, int64_t index, bw_str id, bw_str name,
                                      bw_str arguments) {
    bw_json_object(json);
    if (index >= 0) bw_json_put_integer(json, BW_S("index"), index);
    if (id.len > 0) {
        bw_json_put_string(json, BW_S("id"), id);
        bw_json_put_string(json, BW_S("type"), BW_S("function"));
    }
    bw_json_put_object(json, BW_S("function"));
    if (id.len > 0) bw_json_put_string(json, BW_S("name"), name);
    bw_json_put_string(json, BW_S("arguments"), arguments);
    bw_json_end(json);
    bw_json_end(json);
}

static inline void bw_chat_put_said(bw_json_writer* json, bw_str name, const bw_chat_said* said) {
    bw_json_key(json, name);
    if (said->any) {
        bw_json_string(json, bw_buffer_text(&said->whole));
    } else {
        bw_json_null(json);
    }
}

/* A choice of a complete reply. */
static inline void bw_chat_write_choice(bw_json_writer* json, const bw_chat_choice* choice) {
    size_t i;
    bw_json_object(json);
    bw_json_put_integer(json, BW_S("index"), choice->index);
    bw_json_put_object(json, BW_S("message"));
    bw_json_put_string(json, BW_S("role"), BW_S("assistant"));
    if (choice->content.any || choice->call_count > 0 || choice->refusal.any) {
        bw_chat_put_said(json, BW_S("content"), &choice->content);
    } else {
        bw_json_put_string(json, BW_S("content"), BW_S(""));
    }
    bw_chat_put_said(json, BW_S("refusal"), &choice->refusal);
    if (choice->reasoning.any) {
        bw_chat_put_said(json, BW_S("reasoning_content"), &choice->reasoning);
    }
    if (choice->call_count > 0) {
        bw_json_put_array(json, BW_S("tool_calls"));
        for (i = 0; i < choice->call_count; ++i) {
            const bw_chat_call* const call = &choice->calls[i];
            bw_chat_write_call(
                json, -1, bw_buffer_text(&call->id), bw_buffer_text(&call->name),
                call->arguments.any ? bw_buffer_text(&call->arguments.whole) : BW_S("{}"));
        }
        bw_json_end(json);
    }
    bw_chat_put_end(json, bw_chat_reason(choice->reason));
    bw_json_end(json);
}

/* ---- usage ------------------------------------------------------------------------------- */

/* An amount that a usage object has a member for. */
typedef struct bw_chat_amount {
    const char* name; /* as bw_usage has it */
    const char* member;
} bw_chat_amount;

enum { BW_CHAT_AMOUNTS = 10 };

/* All of them: the whole, then the parts of the prompt, then those of the answer. */
static inline const bw_chat_amount* bw_chat_amounts(void) {
    static const bw_chat_amount all[BW_CHAT_AMOUNTS] = {{"input", "prompt_tokens"},
                                                        {"output", "completion_tokens"},
                                                        {"total", "total_tokens"},
                                                        {"input.cached", "cached_tokens"},
                                                        {"input.cache_write", "cache_write_tokens"},
                                                        {"input.audio", "audio_tokens"},
                                                        {"input.image", "image_tokens"},
                                                        {"output.reasoning", "reasoning_tokens"},
                                                        {"output.audio", "audio_tokens"},
                                                        {"output.image", "image_tokens"}};
    return all;
}

/* The object `name` with the amounts from..to-1 that were said; nothing if none was. */
static inline void bw_chat_put_details(bw_json_writer* json, bw_str name, const int64_t* used,
                                       size_t from, size_t to) {
    int any = 0;
    size_t i;
    for (i = from; i < to; ++i) {
        if (used[i] < 0) continue;
        if (!any) bw_json_put_object(json, name);
        any = 1;
        bw_json_put_integer(json, bw_str_from(bw_chat_amounts()[i].member), used[i]);
    }
    if (any) bw_json_end(json);
}

/* A usage object as OpenAI has it, as the next value, of the BW_CHAT_AMOUNTS in their order: one
 * below 0 was not said. */
static inline void bw_chat_write_usage(bw_json_writer* json, const int64_t* used) {
    const int64_t input = used[0] < 0 ? 0 : used[0];
    const int64_t output = used[1] < 0 ? 0 : used[1];
    const int64_t sum = input > INT64_MAX - output ? INT64_MAX : input + output;
    bw_json_object(json);
    bw_json_put_integer(json, BW_S("prompt_tokens"), input);
    bw_json_put_integer(json, BW_S("completion_tokens"), output);
    bw_json_put_integer(json, BW_S("total_tokens"), used[2] > sum ? used[2] : sum);
    bw_chat_put_details(json, BW_S("prompt_tokens_details"), used, 3, 7);
    bw_chat_put_details(json, BW_S("completion_tokens_details"), used, 7, BW_CHAT_AMOUNTS);
    bw_json_end(json);
}

#endif
