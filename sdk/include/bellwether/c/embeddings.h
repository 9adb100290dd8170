/* bellwether/c/embeddings.h - OpenAI's reply to a request for embeddings, in the form that the
 * client has asked for. Part of <bellwether/c/helpers.h>. */
#ifndef BELLWETHER_C_EMBEDDINGS_H
#define BELLWETHER_C_EMBEDDINGS_H

#include <bellwether/c/chat_reply.h>

#include <float.h>
#include <math.h>

/* Appends the first `count` bytes, 1 to 3, as base64. */
static inline void bw_base64_append(bw_buffer* out, const unsigned char bytes[3], size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned all = (unsigned)bytes[0] << 16 | (count > 1 ? (unsigned)bytes[1] << 8 : 0) |
                         (count > 2 ? bytes[2] : 0u);
    char text[4];
    text[0] = digits[all >> 18];
    text[1] = digits[all >> 12 & 63];
    text[2] = '=';
    text[3] = '=';
    if (count > 1) text[2] = digits[all >> 6 & 63];
    if (count > 2) text[3] = digits[all & 63];
    bw_buffer_append(out, bw_str_of(text, 4));
}

/* Writes an array of numbers as base64 of 32-bit floats, the lowest byte first. 0: an element is no
 * number that a float can hold, and what was written is of no use. */
static inline int bw_json_base64_floats(bw_json_writer* json, bw_str array) {
    bw_json_walk numbers = bw_json_each(array);
    bw_buffer text;
    unsigned char bytes[3];
    size_t held = 0;
    int right = bw_json_kind(array) == BW_JSON_ARRAY;
    memset(&text, 0, sizeof text);
    while (right && bw_json_next(&numbers)) {
        const double number = bw_json_to_number(numbers.value, HUGE_VAL);
        uint32_t bits;
        float value;
        int i;
        right = number >= -FLT_MAX && number <= FLT_MAX;
        value = right ? (float)number : 0;
        memcpy(&bits, &value, sizeof bits);
        for (i = 0; i < 4; ++i) {
            bytes[held++] = (unsigned char)(bits >> (8 * i));
            if (held == 3) bw_base64_append(&text, bytes, held);
            held %= 3;
        }
    }
    if (held > 0) bw_base64_append(&text, bytes, held);
    bw_json_string(json, bw_buffer_text(&text));
    right = right && !text.failed;
    bw_buffer_free(&text);
    return right;
}

/* Refuses an `input` that is neither a text nor texts: BW_E_UNSUPPORTED, for tokens by their
 * numbers are fair, but only where the model is of the client's own kind. */
static inline void bw_embeddings_check(bw_chat_reply* reply, bw_str request) {
    const bw_str input = bw_json_get(request, "input");
    bw_json_walk each = bw_json_each(input);
    int right = bw_json_kind(input) == BW_JSON_STRING || bw_json_at(input, 0).len > 0;
    reply->texts_asked = bw_json_kind(input) == BW_JSON_STRING ? 1 : 0;
    while (bw_json_next(&each)) {
        right = right && bw_json_kind(each.value) == BW_JSON_STRING;
        ++reply->texts_asked;
    }
    if (right) return;
    bw_chat_refuse(reply, BW_E_UNSUPPORTED, BW_S("input"), BW_S("must be a text or texts here"));
}

/* Emits the reply: `vectors` is an array of arrays of numbers, in the order of the inputs. Gives
 * the status for call_data to return; BW_E_PROTOCOL, which is told, if it is no such array. */
static inline bw_status bw_embeddings_reply(bw_chat_reply* reply, bw_str vectors) {
    bw_json_walk each = bw_json_each(vectors);
    int right = bw_json_kind(vectors) == BW_JSON_ARRAY;
    size_t count = 0;
    bw_json_writer json;
    bw_buffer_clear(&reply->json);
    json = bw_json_writing(&reply->json);
    bw_json_object(&json);
    bw_json_put_string(&json, BW_S("object"), BW_S("list"));
    bw_json_put_string(&json, BW_S("model"), bw_buffer_text(&reply->head.model));
    bw_json_put_array(&json, BW_S("data"));
    while (right && bw_json_next(&each)) {
        right = bw_json_kind(each.value) == BW_JSON_ARRAY;
        ++count;
        bw_json_object(&json);
        bw_json_put_string(&json, BW_S("object"), BW_S("embedding"));
        bw_json_put_integer(&json, BW_S("index"), (int64_t)each.index);
        bw_json_key(&json, BW_S("embedding"));
        if (!reply->base64) bw_json_raw(&json, each.value);
        if (reply->base64) right = bw_json_base64_floats(&json, each.value) && right;
        bw_json_end(&json);
    }
    bw_json_end(&json);
    if (reply->has_usage) {
        bw_json_put_object(&json, BW_S("usage"));
        bw_json_put_integer(&json, BW_S("prompt_tokens"), reply->used[0]);
        bw_json_put_integer(&json, BW_S("total_tokens"), reply->used[0]);
        bw_json_end(&json);
    }
    bw_json_finish(&json);
    if (reply->texts_asked != 0 && count != reply->texts_asked) right = 0;
    if (!right) bw_chat_fail(reply, BW_E_PROTOCOL, BW_S("the embeddings cannot be read"));
    bw_chat_emit(reply, BW_EMIT_REPLY);
    reply->ended = 1;
    return bw_chat_status(reply);
}

#endif
