/* bellwether/c/chat_reply.h - makes OpenAI's chat replies and chunks of what an upstream says. Part
 * of <bellwether/c/helpers.h>; <bellwether/chat/reply.hpp> does the same in C++.
 *
 *   reply = bw_chat_new(bw_teller_for(made->host, attempt), request);   in call_open
 *   bw_chat_text(reply, 0, S("Hello"));                                 in call_data
 *   bw_chat_tool_call(reply, 0, id, name, S("{\"a\":1}"));
 *   bw_chat_used(reply, S("output"), 7);
 *   bw_chat_finish(reply, 0, BW_FINISH_STOP);
 *   return bw_chat_status(reply);
 *   return bw_chat_end(reply);                                          in call_end
 *   bw_chat_delete(reply);                                              in call_close
 *
 * A stream gets a chunk for each event: the role is held back until there is something to say and
 * comes with it; every tool call has an index, an id (made up if it is empty) and a type, once;
 * arguments that never came are `{}`; a character that is cut between two pieces is sent when it is
 * whole; the closing chunk has the usage. Without a stream all of it is kept, and bw_chat_end gives
 * one reply. Choices are told apart by their index: 0, where there is one. Nothing is taken of a
 * choice once it has finished. Texts that are given are copied; an empty one is nothing. */
#ifndef BELLWETHER_C_CHAT_REPLY_H
#define BELLWETHER_C_CHAT_REPLY_H

#include <bellwether/c/chat_reply_text.h>
#include <bellwether/c/host.h>
#include <bellwether/c/json_get.h>
#include <bellwether/c/upstream_error.h>

/* Why a choice ended. */
enum {
    BW_FINISH_STOP = 0,       /* it was complete, or met a stop sequence */
    BW_FINISH_LENGTH = 1,     /* it met a limit of tokens */
    BW_FINISH_TOOL_CALLS = 2, /* it waits for the results of its tool calls */
    BW_FINISH_CONTENT_FILTER = 3
};

typedef struct bw_chat_reply {
    bw_teller to;
    bw_provider* of;      /* whose call it answers; NULL: nobody has said */
    bw_arena texts;       /* the caller's, for what is read; emptied by bw_chat_status */
    uint32_t operation;   /* BW_OP_* */
    int base64;           /* embeddings are wanted so */
    size_t texts_asked;   /* how many embeddings are wanted; 0: not known */
    uint32_t http_status; /* what bw_chat_head_came has seen */
    int64_t retry_after_ms;
    int stream;
    int sent;         /* a chunk is out */
    int ended;        /* bw_chat_end has been there */
    int failed;       /* memory ran out */
    bw_status status; /* BW_OK, or what bw_chat_fail has told, or the host has refused with */
    bw_chat_head head;
    bw_chat_choice* choices;
    size_t choice_count;
    int64_t used[BW_CHAT_AMOUNTS]; /* below 0: not said */
    int has_usage;
    bw_buffer service_tier;
    bw_buffer json; /* kept for its room */
    bw_buffer room;
} bw_chat_reply;

/* ---- what all chunks have in common; nothing changes it once a chunk is out ----------------- */

static inline void bw_chat_set(bw_chat_reply* reply, bw_buffer* member, bw_str text) {
    if (reply->sent || text.len == 0) return;
    bw_buffer_clear(member);
    bw_buffer_append(member, text);
    reply->failed = reply->failed || member->failed;
}
static inline void bw_chat_id(bw_chat_reply* reply, bw_str id) {
    bw_chat_set(reply, &reply->head.id, id);
}
static inline void bw_chat_model(bw_chat_reply* reply, bw_str model) {
    bw_chat_set(reply, &reply->head.model, model);
}
static inline void bw_chat_system_fingerprint(bw_chat_reply* reply, bw_str print) {
    bw_chat_set(reply, &reply->head.system_fingerprint, print);
}
/* Seconds since 1970. */
static inline void bw_chat_created(bw_chat_reply* reply, int64_t created_s) {
    if (!reply->sent) reply->head.created_s = created_s;
}

/* Begins a reply to what is asked, whatever was in *reply: with the id of the request, its model
 * and the time of now, until the upstream's own are set. bw_chat_free releases what it holds. */
static inline void bw_chat_begin(bw_chat_reply* reply, bw_teller to, const bw_request* request) {
    size_t i;
    memset(reply, 0, sizeof *reply);
    reply->to = to;
    reply->stream = (request->flags & BW_REQUEST_STREAM) != 0;
    reply->operation = request->operation;
    reply->base64 = request->operation == BW_OP_EMBEDDINGS &&
                    bw_json_equals(bw_json_get(request->body, "encoding_format"), BW_S("base64"));
    for (i = 0; i < BW_CHAT_AMOUNTS; ++i) reply->used[i] = -1;
    bw_chat_id(reply, BW_S("chatcmpl-"));
    bw_buffer_append(&reply->head.id, request->id);
    reply->failed = reply->failed || reply->head.id.failed;
    bw_chat_model(reply, request->model);
    bw_chat_created(reply, to.api->unix_ms(to.host) / 1000);
}

static inline void bw_chat_free(bw_chat_reply* reply) {
    bw_buffer* const buffers[6] = {&reply->head.id,      &reply->head.model,
                                   &reply->json,         &reply->head.system_fingerprint,
                                   &reply->service_tier, &reply->room};
    size_t i;
    size_t k;
    bw_arena_free(&reply->texts);
    for (i = 0; i < 6; ++i) bw_buffer_free(buffers[i]);
    for (i = 0; i < reply->choice_count; ++i) {
        bw_chat_choice* const choice = &reply->choices[i];
        bw_buffer_free(&choice->content.whole);
        bw_buffer_free(&choice->reasoning.whole);
        bw_buffer_free(&choice->refusal.whole);
        for (k = 0; k < choice->call_count; ++k) {
            bw_buffer_free(&choice->calls[k].id);
            bw_buffer_free(&choice->calls[k].name);
            bw_buffer_free(&choice->calls[k].arguments.whole);
        }
        free(choice->calls);
    }
    free(reply->choices);
    memset(reply, 0, sizeof *reply);
}

/* The same of one that malloc gives, to stand behind a bw_call alone. NULL: there is no memory
 * left, which has been told; return BW_E_INTERNAL. */
static inline bw_chat_reply* bw_chat_new(bw_teller to, const bw_request* request) {
    bw_chat_reply* const made = (bw_chat_reply*)malloc(sizeof *made);
    if (made != NULL) bw_chat_begin(made, to, request);
    if (made == NULL) bw_fail_memory(to);
    return made;
}
static inline void bw_chat_delete(bw_chat_reply* reply) {
    if (reply != NULL) bw_chat_free(reply);
    free(reply);
}

/* The translation cannot go on: tells the host why, and bw_chat_status gives that status from now
 * on. The first of several holds. */
static inline void bw_chat_fail(bw_chat_reply* reply, bw_status status, bw_str message) {
    if (reply->status == BW_OK) reply->status = bw_fail(reply->to, status, message);
}

/* The same for what is asked: which member of the request cannot be served, "messages[0].role", and
 * what is wrong with it: "must be a text". */
static inline void bw_chat_refuse(bw_chat_reply* reply, bw_status status, bw_str param,
                                  bw_str words) {
    bw_buffer message;
    bw_error error;
    if (reply->status != BW_OK) return;
    memset(&message, 0, sizeof message);
    bw_buffer_append(&message, param);
    bw_buffer_append(&message, BW_S(" "));
    bw_buffer_append(&message, words);
    error = bw_error_of(status, bw_buffer_text(&message));
    error.param = param;
    reply->status = bw_tell(reply->to, &error);
    bw_buffer_free(&message);
}

/* Keeps what an error may need, in call_head. */
static inline void bw_chat_head_came(bw_chat_reply* reply, const bw_head* head) {
    reply->http_status = head->http_status;
    reply->retry_after_ms = bw_retry_after_ms(head);
}

/* The upstream has failed, in its response or within a stream: tells the host, and gives the status
 * for call_data to return. `raw` is what came, and speaks for itself where `message` is empty. */
static inline bw_status bw_chat_fail_upstream(bw_chat_reply* reply, bw_str message, bw_str raw,
                                              const bw_error_rule* rules) {
    const size_t said_max = 200;
    bw_buffer words;
    bw_error error;
    memset(&words, 0, sizeof words);
    if (message.len == 0) {
        bw_buffer_append(&words, BW_S("the upstream answered with an error that cannot be read: "));
        bw_buffer_append(&words, bw_str_of(raw.ptr, raw.len < said_max ? raw.len : said_max));
        message = bw_buffer_text(&words);
    }
    error = bw_error_of(bw_error_class_of(reply->http_status, message, rules), message);
    error.http_status = reply->http_status;
    if (bw_json_valid(raw)) error.raw = raw;
    if (error.status == BW_E_RATE || error.status == BW_E_UPSTREAM) {
        error.retry_after_ms = reply->retry_after_ms;
    }
    if (reply->status == BW_OK) reply->status = bw_tell(reply->to, &error);
    bw_buffer_free(&words);
    return reply->status;
}

/* ---- within ------------------------------------------------------------------------------ */

/* The choice, made if it is new; NULL if it takes nothing. */
static inline bw_chat_choice* bw_chat_open(bw_chat_reply* reply, int64_t index) {
    bw_chat_choice* grown;
    size_t i;
    for (i = 0; i < reply->choice_count; ++i) {
        bw_chat_choice* const choice = &reply->choices[i];
        if (choice->index == index) return choice->finished ? NULL : choice;
    }
    if (index < 0 || reply->ended || reply->choice_count == BW_CHAT_CHOICES_MAX) return NULL;
    grown = (bw_chat_choice*)realloc(reply->choices, (i + 1) * sizeof *grown);
    if (grown == NULL) {
        reply->failed = 1;
        return NULL;
    }
    reply->choices = grown;
    reply->choice_count = i + 1;
    memset(&grown[i], 0, sizeof grown[i]);
    grown[i].index = index;
    return &grown[i];
}

static inline void bw_chat_emit(bw_chat_reply* reply, uint32_t kind) {
    reply->failed = reply->failed || reply->json.failed || reply->room.failed;
    reply->sent = 1;
    if (reply->failed || reply->status != BW_OK) return;
    reply->status = bw_emit_json(reply->to, kind, bw_buffer_text(&reply->json));
}

static inline bw_json_writer bw_chat_chunk(bw_chat_reply* reply, bw_chat_choice* choice,
                                           int with_content) {
    bw_json_writer json;
    bw_buffer_clear(&reply->json);
    json = bw_json_writing(&reply->json);
    bw_chat_begin_chunk(&json, &reply->head, choice, with_content);
    return json;
}
static inline void bw_chat_chunk_end(bw_chat_reply* reply, bw_json_writer* json, bw_str reason) {
    bw_chat_put_end(json, reason);
    bw_json_finish(json);
    bw_chat_emit(reply, BW_EMIT_CHUNK);
}

static inline void bw_chat_send_text(bw_chat_reply* reply, bw_chat_choice* choice, bw_str member,
                                     bw_str text) {
    bw_json_writer json;
    if (text.len == 0) return;
    json = bw_chat_chunk(reply, choice, bw_str_equal(member, BW_S("content")));
    bw_json_put_string(&json, member, text);
    bw_chat_chunk_end(reply, &json, BW_S(""));
}

static inline void bw_chat_send_call(bw_chat_reply* reply, bw_chat_choice* choice, size_t index,
                                     bw_str id, bw_str name, bw_str arguments) {
    bw_json_writer json;
    if (id.len == 0 && arguments.len == 0) return;
    json = bw_chat_chunk(reply, choice, 0);
    bw_json_put_array(&json, BW_S("tool_calls"));
    bw_chat_write_call(&json, (int64_t)index, id, name, arguments);
    bw_json_end(&json);
    bw_chat_chunk_end(reply, &json, BW_S(""));
}

/* Keeps a piece, or gives what of it can be sent. */
static inline bw_str bw_chat_add(bw_chat_reply* reply, bw_chat_said* said, bw_str piece) {
    said->any = 1;
    if (reply->stream) {
        const bw_str taken = bw_chat_take(said, piece, &reply->room);
        reply->failed = reply->failed || reply->room.failed;
        return taken;
    }
    bw_buffer_append(&said->whole, piece);
    reply->failed = reply->failed || said->whole.failed;
    return BW_S("");
}

/* ---- what is said ------------------------------------------------------------------------ */

static inline void bw_chat_text(bw_chat_reply* reply, int64_t choice, bw_str piece) {
    bw_chat_choice* const into = piece.len == 0 ? NULL : bw_chat_open(reply, choice);
    if (into == NULL) return;
    bw_chat_send_text(reply, into, BW_S("content"), bw_chat_add(reply, &into->content, piece));
}
/* Thoughts, as `reasoning_content`. */
static inline void bw_chat_reasoning(bw_chat_reply* reply, int64_t choice, bw_str piece) {
    bw_chat_choice* const into = piece.len == 0 ? NULL : bw_chat_open(reply, choice);
    if (into == NULL) return;
    bw_chat_send_text(reply, into, BW_S("reasoning_content"),
                      bw_chat_add(reply, &into->reasoning, piece));
}
/* That it will not answer, in its own words. */
static inline void bw_chat_refusal(bw_chat_reply* reply, int64_t choice, bw_str piece) {
    bw_chat_choice* const into = piece.len == 0 ? NULL : bw_chat_open(reply, choice);
    if (into == NULL) return;
    bw_chat_send_text(reply, into, BW_S("refusal"), bw_chat_add(reply, &into->refusal, piece));
}

/* The id of a call that has none: unlike those of other replies, and the same in every chunk. */
static inline void bw_chat_make_id(bw_buffer* id, bw_str reply_id, int64_t choice, size_t index) {
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t state = 0xCBF29CE484222325u;
    size_t i;
    for (i = 0; i < reply_id.len; ++i) {
        state = (state ^ (unsigned char)reply_id.ptr[i]) * 0x100000001B3u;
    }
    state ^= (((uint64_t)choice + 1) * odd) ^ ((uint64_t)index << 32);
    bw_buffer_append(id, BW_S("call_"));
    for (i = 0; i < 24; ++i) {
        uint64_t mixed;
        state += odd;
        mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        bw_buffer_append(
            id, bw_str_of(&"0123456789abcdefghijklmnopqrstuv"[(mixed ^ mixed >> 31) & 31], 1));
    }
}

/* Begins a tool call. An empty id is made up. Gives its number, from 0 in each choice, for
 * bw_chat_tool_call_arguments; -1 if it is left out. */
static inline int bw_chat_tool_call_begin(bw_chat_reply* reply, int64_t choice, bw_str id,
                                          bw_str name) {
    bw_chat_choice* const into = bw_chat_open(reply, choice);
    const size_t index = into == NULL ? 0 : into->call_count;
    bw_chat_call* grown;
    if (into == NULL || index == BW_CHAT_CALLS_MAX) return -1;
    grown = (bw_chat_call*)realloc(into->calls, (index + 1) * sizeof *grown);
    if (grown == NULL) {
        reply->failed = 1;
        return -1;
    }
    into->calls = grown;
    into->call_count = index + 1;
    grown += index;
    memset(grown, 0, sizeof *grown);
    bw_buffer_append(&grown->id, id);
    bw_buffer_append(&grown->name, name);
    if (id.len == 0) bw_chat_make_id(&grown->id, bw_buffer_text(&reply->head.id), choice, index);
    reply->failed = reply->failed || grown->id.failed || grown->name.failed;
    if (reply->stream) {
        bw_chat_send_call(reply, into, index, bw_buffer_text(&grown->id),
                          bw_buffer_text(&grown->name), BW_S(""));
    }
    return (int)index;
}

/* How many tool calls of a choice have begun. */
static inline size_t bw_chat_tool_calls(const bw_chat_reply* reply, int64_t choice) {
    size_t i;
    for (i = 0; i < reply->choice_count; ++i) {
        if (reply->choices[i].index == choice) return reply->choices[i].call_count;
    }
    return 0;
}

/* A piece of the arguments of a call, by the number that bw_chat_tool_call_begin gave: the text of
 * a JSON object, cut anywhere. */
static inline void bw_chat_tool_call_arguments(bw_chat_reply* reply, int64_t choice, int call,
                                               bw_str piece) {
    const int begun = call >= 0 && (size_t)call < bw_chat_tool_calls(reply, choice);
    bw_chat_choice* const into = begun && piece.len > 0 ? bw_chat_open(reply, choice) : NULL;
    if (into == NULL) return;
    bw_chat_send_call(reply, into, (size_t)call, BW_S(""), BW_S(""),
                      bw_chat_add(reply, &into->calls[call].arguments, piece));
}

/* A whole call. Empty arguments are `{}`. */
static inline void bw_chat_tool_call(bw_chat_reply* reply, int64_t choice, bw_str id, bw_str name,
                                     bw_str arguments) {
    const int call = bw_chat_tool_call_begin(reply, choice, id, name);
    bw_chat_tool_call_arguments(reply, choice, call, arguments);
}

#include <bellwether/c/chat_reply_end.h>

#endif
