/* bellwether/c/json_writer.h - writes compact JSON into a buffer. Part of <bellwether/c/helpers.h>.
 *
 *   bw_json_writer json = bw_json_writing(&buffer);
 *   bw_json_object(&json);
 *   bw_json_put_string(&json, S("model"), model);
 *   bw_json_put_array(&json, S("stop"));
 *   bw_json_string(&json, S("\n"));
 *   bw_json_finish(&json);
 *
 * What it has written is valid JSON once bw_json_finish has ended what is open, whatever the order
 * of the calls was: a value in an object without a key gets the key "", a key in an array is left
 * out, a key without a value gets null, and what follows a complete value is left out. Only
 * bw_json_raw takes the caller's word. Where memory runs out the buffer says so, and is empty. */
#ifndef BELLWETHER_C_JSON_WRITER_H
#define BELLWETHER_C_JSON_WRITER_H

#include <bellwether/c/text.h>

#include <stdio.h>

/* How deep containers may nest; what is deeper becomes null. Readers refuse it. */
enum { BW_JSON_DEPTH_MAX = 64 };

typedef struct bw_json_writer {
    bw_buffer* out;
    uint64_t objects;   /* which of the open containers are objects: one bit each */
    unsigned depth;     /* open containers */
    size_t passed_over; /* open containers that are not written */
    int first;          /* nothing stands in the innermost one yet */
    int keyed;          /* a key waits for its value */
    int done;           /* the outermost value is complete */
} bw_json_writer;

/* Appends to `out`, which must outlive the writer. */
static inline bw_json_writer bw_json_writing(bw_buffer* out) {
    bw_json_writer json;
    memset(&json, 0, sizeof json);
    json.out = out;
    json.first = 1;
    return json;
}

/* Appends `text` as a JSON string. A byte that is not UTF-8 becomes U+FFFD. */
static inline void bw_json_quote(bw_buffer* out, bw_str text) {
    size_t from = 0;
    size_t at = 0;
    bw_buffer_append(out, BW_S("\""));
    while (at < text.len) {
        static const char names[] = "btn?fr"; /* of the characters from 8 on */
        const unsigned char byte = (unsigned char)text.ptr[at];
        const size_t whole = bw_utf8_length(bw_str_of(text.ptr + at, text.len - at));
        char escape[6] = {'\\', 'u', '0', '0', '0', '0'};
        size_t length = 6;
        if (whole > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            at = (size_t)(bw_skip_plain(text.ptr + at + whole, text.ptr + text.len) - text.ptr);
            continue;
        }
        bw_buffer_append(out, bw_str_of(text.ptr + from, at - from));
        from = ++at;
        if (byte >= 0x80) {
            bw_buffer_append(out, BW_S("\xEF\xBF\xBD"));
            continue;
        }
        escape[4] = (char)('0' + (byte >> 4));
        escape[5] = "0123456789abcdef"[byte & 15];
        if (byte >= 0x20 || (byte >= 8 && byte <= 13 && byte != 11)) {
            escape[1] = byte >= 0x20 ? (char)byte : names[byte - 8];
            length = 2;
        }
        bw_buffer_append(out, bw_str_of(escape, length));
    }
    if (from < at) bw_buffer_append(out, bw_str_of(text.ptr + from, at - from));
    bw_buffer_append(out, BW_S("\""));
}

static inline int bw_json_in_object(const bw_json_writer* json) {
    return json->depth > 0 && (json->objects >> (json->depth - 1) & 1) != 0;
}

static inline void bw_json_separate(bw_json_writer* json) {
    if (!json->first) bw_buffer_append(json->out, BW_S(","));
    json->first = 0;
}

/* 0 if no value can stand here. */
static inline int bw_json_enter(bw_json_writer* json) {
    if (json->passed_over > 0 || json->done) return 0;
    if (!bw_json_in_object(json)) {
        if (json->depth > 0) bw_json_separate(json);
        return 1;
    }
    if (!json->keyed) {
        bw_json_separate(json);
        bw_buffer_append(json->out, BW_S("\"\":"));
    }
    json->keyed = 0;
    return 1;
}

static inline void bw_json_leave(bw_json_writer* json) {
    json->first = 0;
    json->done = json->depth == 0;
}

/* Text that is one JSON value already, not checked; null if it is empty. */
static inline void bw_json_raw(bw_json_writer* json, bw_str text) {
    if (!bw_json_enter(json)) return;
    bw_buffer_append(json->out, text.len == 0 ? BW_S("null") : text);
    bw_json_leave(json);
}

static inline void bw_json_null(bw_json_writer* json) { bw_json_raw(json, BW_S("null")); }

static inline void bw_json_boolean(bw_json_writer* json, int value) {
    bw_json_raw(json, value ? BW_S("true") : BW_S("false"));
}

static inline void bw_json_string(bw_json_writer* json, bw_str text) {
    if (!bw_json_enter(json)) return;
    bw_json_quote(json->out, text);
    bw_json_leave(json);
}

static inline void bw_json_integer(bw_json_writer* json, int64_t value) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) digits[--at] = '-';
    bw_json_raw(json, bw_str_of(digits + at, sizeof digits - at));
}

/* As short as it can be read back exactly, whatever the locale; null for what is no finite number.
 */
static inline void bw_json_number(bw_json_writer* json, double value) {
    char digits[48];
    size_t from;
    size_t to = 0;
    int precision;
    if (!(value - value == 0)) { /* infinite, or not a number */
        bw_json_null(json);
        return;
    }
    for (precision = 15; precision <= 17; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    for (from = 0; digits[from] != '\0'; ++from) {
        const char c = digits[from];
        const int known = (c >= '0' && c <= '9') || c == 'e' || c == '+' || c == '-';
        if (known) {
            digits[to++] = c;
        } else if (to == 0 || digits[to - 1] != '.') {
            digits[to++] = '.'; /* the locale's point, of one byte or more */
        }
    }
    bw_json_raw(json, bw_str_of(digits, to));
}

static inline void bw_json_begin(bw_json_writer* json, int object) {
    if (json->passed_over > 0 || json->done || json->depth == BW_JSON_DEPTH_MAX) {
        if (json->passed_over == 0) bw_json_null(json);
        ++json->passed_over;
        return;
    }
    bw_json_enter(json);
    json->objects &= ~((uint64_t)1 << json->depth);
    if (object) json->objects |= (uint64_t)1 << json->depth;
    ++json->depth;
    json->first = 1;
    bw_buffer_append(json->out, object ? BW_S("{") : BW_S("["));
}

/* Begin a container, which bw_json_end ends. */
static inline void bw_json_object(bw_json_writer* json) { bw_json_begin(json, 1); }
static inline void bw_json_array(bw_json_writer* json) { bw_json_begin(json, 0); }

/* Ends the innermost container. */
static inline void bw_json_end(bw_json_writer* json) {
    if (json->passed_over > 0) {
        --json->passed_over;
        return;
    }
    if (json->depth == 0) return;
    if (json->keyed) bw_json_null(json);
    bw_buffer_append(json->out, bw_json_in_object(json) ? BW_S("}") : BW_S("]"));
    --json->depth;
    bw_json_leave(json);
}

/* Ends all that is open. */
static inline void bw_json_finish(bw_json_writer* json) {
    json->passed_over = 0;
    while (json->depth > 0) bw_json_end(json);
}

/* The name of the next value. */
static inline void bw_json_key(bw_json_writer* json, bw_str name) {
    if (json->passed_over > 0 || !bw_json_in_object(json)) return;
    if (json->keyed) bw_json_null(json);
    bw_json_separate(json);
    bw_json_quote(json->out, name);
    bw_buffer_append(json->out, BW_S(":"));
    json->keyed = 1;
}

/* A name and the beginning of a container, which bw_json_end ends. */
static inline void bw_json_put_object(bw_json_writer* json, bw_str name) {
    bw_json_key(json, name);
    bw_json_object(json);
}
static inline void bw_json_put_array(bw_json_writer* json, bw_str name) {
    bw_json_key(json, name);
    bw_json_array(json);
}

/* A name and its value. */
static inline void bw_json_put_string(bw_json_writer* json, bw_str name, bw_str value) {
    bw_json_key(json, name);
    bw_json_string(json, value);
}
/* The same, left out if the text is empty. */
static inline void bw_json_put_text(bw_json_writer* json, bw_str name, bw_str text) {
    if (text.len > 0) bw_json_put_string(json, name, text);
}
static inline void bw_json_put_integer(bw_json_writer* json, bw_str name, int64_t value) {
    bw_json_key(json, name);
    bw_json_integer(json, value);
}
static inline void bw_json_put_number(bw_json_writer* json, bw_str name, double value) {
    bw_json_key(json, name);
    bw_json_number(json, value);
}
static inline void bw_json_put_boolean(bw_json_writer* json, bw_str name, int value) {
    bw_json_key(json, name);
    bw_json_boolean(json, value);
}
/* The raw text of a value; unlike bw_json_raw it is left out, name and all, if it is empty. */
static inline void bw_json_put_raw(bw_json_writer* json, bw_str name, bw_str value) {
    if (value.len == 0) return;
    bw_json_key(json, name);
    bw_json_raw(json, value);
}

#endif
