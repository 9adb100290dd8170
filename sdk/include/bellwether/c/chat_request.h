/* bellwether/c/chat_request.h - what a chat request's messages say. Part of
 * <bellwether/c/helpers.h>; the rest of a request is read by bw_json_get. */
#ifndef BELLWETHER_C_CHAT_REQUEST_H
#define BELLWETHER_C_CHAT_REQUEST_H

#include <bellwether/c/json_get.h>
#include <bellwether/c/json_writer.h>

#include <stdlib.h>

/* The text of a message's `content`, which is a string or an array of parts: all their texts, each
 * on a line of its own. It lies within the request or in the arena. */
static inline bw_str bw_chat_content_text(bw_str content, bw_arena* arena) {
    bw_json_walk parts = bw_json_each(content);
    bw_buffer joined;
    bw_str text = bw_json_text(content, arena);
    char* copy;
    memset(&joined, 0, sizeof joined);
    if (bw_json_kind(content) != BW_JSON_ARRAY) return text;
    while (bw_json_next(&parts)) {
        if (!bw_json_equals(bw_json_get(parts.value, "type"), BW_S("text"))) continue;
        if (joined.len > 0) bw_buffer_append(&joined, BW_S("\n"));
        bw_buffer_append(&joined, bw_json_text(bw_json_get(parts.value, "text"), arena));
    }
    if (joined.failed) arena->failed = 1;
    text = bw_buffer_text(&joined);
    copy = text.len == 0 ? NULL : bw_arena_take(arena, text.len);
    if (copy != NULL) memcpy(copy, text.ptr, text.len);
    bw_buffer_free(&joined);
    return bw_str_of(copy, copy == NULL ? 0 : text.len);
}

/* The most tokens to generate, reasoning included: a number, or missing if nothing was said. */
static inline bw_str bw_chat_max_tokens(bw_str request) {
    const bw_str newer = bw_json_get(request, "max_completion_tokens");
    const int said = bw_json_kind(newer) == BW_JSON_NUMBER;
    const bw_str limit = said ? newer : bw_json_get(request, "max_tokens");
    return bw_json_kind(limit) == BW_JSON_NUMBER ? limit : bw_str_of(NULL, 0);
}

/* The `stop` of a request as an array of texts, which it may be without being one; missing if
 * nothing was said. Into `json`, under that name. */
static inline void bw_chat_put_stop(bw_json_writer* json, bw_str name, bw_str request) {
    const bw_str stop = bw_json_get(request, "stop");
    if (bw_json_kind(stop) == BW_JSON_ARRAY) bw_json_put_raw(json, name, stop);
    if (bw_json_kind(stop) != BW_JSON_STRING) return;
    bw_json_put_array(json, name);
    bw_json_raw(json, stop);
    bw_json_end(json);
}

/* The `tools` of a request, unless it says that none is to be called; missing if there are none. */
static inline bw_str bw_chat_tools(bw_str request) {
    const int none = bw_json_equals(bw_json_get(request, "tool_choice"), BW_S("none"));
    return none ? bw_str_of(NULL, 0) : bw_json_get(request, "tools");
}

/* The schema that the answer must fit; `any_json`, if it is to be JSON of any form; else missing.
 */
static inline bw_str bw_chat_format(bw_str request, bw_str any_json) {
    const bw_str format = bw_json_get(request, "response_format");
    const bw_str type = bw_json_get(format, "type");
    if (bw_json_equals(type, BW_S("json_schema"))) {
        return bw_json_or(bw_json_get(format, "json_schema.schema"), any_json);
    }
    return bw_json_equals(type, BW_S("json_object")) ? any_json : bw_str_of(NULL, 0);
}

/* The arguments of an element of `tool_calls` as the JSON object that they are a text of; `{}` if
 * they are none. They lie within the request or in the arena. */
static inline bw_str bw_chat_arguments(bw_str tool_call, bw_arena* arena) {
    const bw_str given = bw_json_get(tool_call, "function.arguments");
    const bw_str text = bw_json_kind(given) == BW_JSON_STRING ? bw_json_text(given, arena) : given;
    const bw_str object = bw_json_get(text, "");
    const int right = bw_json_kind(object) == BW_JSON_OBJECT && bw_json_valid(object);
    return right ? object : BW_S("{}");
}

/* The tool calls of a message under that name, as OpenAI has them but for their arguments, which
 * are objects and no texts; an empty array if there are none. */
static inline void bw_chat_put_calls(bw_json_writer* json, bw_str name, bw_str message,
                                     bw_arena* arena) {
    bw_json_walk calls = bw_json_each(bw_json_get(message, "tool_calls"));
    bw_json_put_array(json, name);
    while (bw_json_next(&calls)) {
        bw_json_object(json);
        bw_json_put_raw(json, BW_S("id"), bw_json_get(calls.value, "id"));
        bw_json_put_raw(json, BW_S("type"), BW_S("\"function\""));
        bw_json_put_object(json, BW_S("function"));
        bw_json_put_raw(json, BW_S("name"), bw_json_get(calls.value, "function.name"));
        bw_json_put_raw(json, BW_S("arguments"), bw_chat_arguments(calls.value, arena));
        bw_json_end(json);
        bw_json_end(json);
    }
    bw_json_end(json);
}

/* The name of the tool of each call in `messages`, by its id. */
typedef struct bw_chat_call_name {
    bw_str id, name;
} bw_chat_call_name;
typedef struct bw_chat_call_names {
    const bw_chat_call_name* calls; /* by id; of several with one id the last one stands last */
    size_t count;
} bw_chat_call_names;

static inline int bw_chat_compare_call_names(const void* a, const void* b) {
    const bw_chat_call_name* const x = (const bw_chat_call_name*)a;
    const bw_chat_call_name* const y = (const bw_chat_call_name*)b;
    const int order = bw_str_compare(x->id, y->id);
    if (order != 0) return order;
    return x->name.ptr < y->name.ptr ? -1 : x->name.ptr > y->name.ptr; /* as they stand */
}

/* Reads them once, so that looking for each of many results costs little. In the arena. */
static inline bw_chat_call_names bw_chat_read_call_names(bw_str messages, bw_arena* arena) {
    bw_chat_call_names names = {NULL, 0};
    bw_chat_call_name* made = NULL;
    int counted;
    for (counted = 0; counted < 2; ++counted) {
        bw_json_walk turns = bw_json_each(messages);
        size_t at = 0;
        while (bw_json_next(&turns)) {
            bw_json_walk calls = bw_json_each(bw_json_get(turns.value, "tool_calls"));
            while (bw_json_next(&calls)) {
                if (counted != 0) {
                    made[at].id = bw_json_text(bw_json_get(calls.value, "id"), arena);
                    made[at].name = bw_json_get(calls.value, "function.name");
                }
                ++at;
            }
        }
        if (at == 0) return names;
        if (counted == 0) {
            made = (bw_chat_call_name*)(void*)bw_arena_take(arena, at * sizeof *made);
            if (made == NULL) return names;
            names.count = at;
        }
    }
    qsort(made, names.count, sizeof *made, bw_chat_compare_call_names);
    names.calls = made;
    return names;
}

/* The name of the tool that a message of the role `tool` is the result of: that of the last call
 * with its id. Empty: there is none. */
static inline bw_str bw_chat_tool_name(const bw_chat_call_names* names, bw_str tool_call_id,
                                       bw_arena* arena) {
    const bw_str id = bw_json_text(tool_call_id, arena);
    size_t low = 0;
    size_t high = names->calls == NULL ? 0 : names->count;
    while (low < high) { /* the first that stands behind those with the id */
        const size_t middle = low + (high - low) / 2;
        if (bw_str_compare(names->calls[middle].id, id) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (id.len == 0 || low == 0 || !bw_str_equal(names->calls[low - 1].id, id)) {
        return bw_str_of(NULL, 0);
    }
    return bw_json_text(names->calls[low - 1].name, arena);
}

/* Takes a URL "data:image/png;base64,iVBOR..." apart: gives its data in base64, not checked, and
 * its media type if `media_type` is not NULL. Both are within the URL. Empty for any other URL. */
static inline bw_str bw_data_url(bw_str url, bw_str* media_type) {
    const bw_str about = BW_S("data:");
    const bw_str base64 = BW_S(";base64");
    const char* const comma = url.len == 0 ? NULL : (const char*)memchr(url.ptr, ',', url.len);
    const size_t before = comma == NULL ? 0 : (size_t)(comma - url.ptr);
    const char* semicolon;
    if (media_type != NULL) *media_type = bw_str_of(NULL, 0);
    if (before < about.len + base64.len) return bw_str_of(NULL, 0);
    if (!bw_str_equal_nocase(bw_str_of(url.ptr, about.len), about) ||
        !bw_str_equal_nocase(bw_str_of(comma - base64.len, base64.len), base64)) {
        return bw_str_of(NULL, 0);
    }
    semicolon = (const char*)memchr(url.ptr, ';', before);
    if (media_type != NULL) {
        *media_type = bw_str_of(url.ptr + about.len, (size_t)(semicolon - url.ptr) - about.len);
    }
    return bw_str_of(comma + 1, url.len - before - 1);
}

#endif
