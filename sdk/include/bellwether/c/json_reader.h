/* bellwether/c/json_reader.h - reads JSON text in place. Part of <bellwether/c/helpers.h>.
 *
 * A value is the text that it has, a bw_str within the text that was read: strings with their
 * quotes and escapes, objects and arrays whole. One that is missing is empty. Looking into text
 * that is malformed, or nests deeper than 64, gives a missing value and never reads past its end;
 * bw_json_valid tells such text.
 *
 *   bw_json_walk walk = bw_json_each(tool_calls);
 *   while (bw_json_next(&walk)) { ... walk.value ... }
 *
 * <bellwether/c/json_get.h> finds values by their path and gives what they say. */
#ifndef BELLWETHER_C_JSON_READER_H
#define BELLWETHER_C_JSON_READER_H

#include <bellwether/c/json_writer.h>

/* What a value is. */
enum {
    BW_JSON_MISSING = 0,
    BW_JSON_NULL = 1,
    BW_JSON_BOOLEAN = 2,
    BW_JSON_NUMBER = 3,
    BW_JSON_STRING = 4,
    BW_JSON_ARRAY = 5,
    BW_JSON_OBJECT = 6
};

/* ---- the scanner: from the beginning of something to its end; NULL if it is malformed ------ */

static inline const char* bw_json_space(const char* p, const char* end) {
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    return p;
}

/* The four hexadecimal digits at p; -1 if they are none. */
static inline int bw_json_hex(const char* p, const char* end) {
    int number = 0;
    int i;
    if (end - p < 4) return -1;
    for (i = 0; i < 4; ++i) {
        const char c = (char)(p[i] | 0x20); /* digits have that bit */
        if (p[i] >= '0' && p[i] <= '9') {
            number = number * 16 + (p[i] - '0');
        } else if (c >= 'a' && c <= 'f') {
            number = number * 16 + (c - 'a' + 10);
        } else {
            return -1;
        }
    }
    return number;
}

/* The escape at p; what it stands for goes to `point`. Half of a surrogate pair is malformed. */
static inline const char* bw_json_escape(const char* p, const char* end, uint32_t* point) {
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char* found;
    int high;
    int low;
    if (end - p < 2) return NULL;
    if (p[1] != 'u') {
        found = (const char*)memchr(from, p[1], sizeof from - 1);
        if (found == NULL) return NULL;
        *point = (uint32_t)to[found - from];
        return p + 2;
    }
    high = bw_json_hex(p + 2, end);
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF)) return NULL;
    *point = (uint32_t)high;
    if (high < 0xD800 || high > 0xDBFF) return p + 6;
    low = end - p >= 12 && p[6] == '\\' && p[7] == 'u' ? bw_json_hex(p + 8, end) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return NULL;
    *point = 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return p + 12;
}

static inline const char* bw_json_skip_string(const char* p, const char* end) {
    uint32_t point;
    if (p == end || *p != '"') return NULL;
    for (++p; p != NULL;) {
        p = bw_skip_plain(p, end);
        if (p == end) return NULL;
        if (*p == '"') return p + 1;
        if (*p == '\\') {
            p = bw_json_escape(p, end, &point);
        } else {
            const size_t length = bw_utf8_length(bw_str_of(p, (size_t)(end - p)));
            if (length == 0 || (unsigned char)*p < 0x20) return NULL;
            p += length;
        }
    }
    return NULL;
}

static inline const char* bw_json_skip_digits(const char* p, const char* end) {
    const char* const first = p;
    while (p != end && *p >= '0' && *p <= '9') ++p;
    return p == first ? NULL : p;
}

static inline const char* bw_json_skip_number(const char* p, const char* end) {
    if (p != end && *p == '-') ++p;
    p = p != end && *p == '0' ? p + 1 : bw_json_skip_digits(p, end);
    if (p != NULL && p != end && *p == '.') p = bw_json_skip_digits(p + 1, end);
    if (p != NULL && p != end && (*p | 0x20) == 'e') {
        ++p;
        if (p != end && (*p == '+' || *p == '-')) ++p;
        p = bw_json_skip_digits(p, end);
    }
    return p;
}

static inline const char* bw_json_skip_scalar(const char* p, const char* end) {
    const bw_str words[3] = {BW_S("true"), BW_S("false"), BW_S("null")};
    size_t i;
    if (*p == '"') return bw_json_skip_string(p, end);
    for (i = 0; i < 3; ++i) {
        const int fits = (size_t)(end - p) >= words[i].len;
        if (fits && memcmp(p, words[i].ptr, words[i].len) == 0) return p + words[i].len;
    }
    return bw_json_skip_number(p, end);
}

/* From the quote of a member's key to its value. */
static inline const char* bw_json_skip_key(const char* p, const char* end) {
    p = bw_json_skip_string(p, end);
    if (p == NULL) return NULL;
    p = bw_json_space(p, end);
    return p != end && *p == ':' ? bw_json_space(p + 1, end) : NULL;
}

/* No white space before it. */
static inline const char* bw_json_skip_value(const char* p, const char* end) {
    uint64_t objects = 0; /* which of the open containers are objects: the innermost is bit 0 */
    unsigned depth = 0;
    while (p != NULL && p != end) {
        int ended = 1;
        if (*p == '{' || *p == '[') {
            if (depth == BW_JSON_DEPTH_MAX) return NULL;
            ++depth;
            objects = objects << 1 | (*p == '{' ? 1u : 0u);
            p = bw_json_space(p + 1, end);
            ended = p != end && *p == ((objects & 1) != 0 ? '}' : ']');
            if (!ended && (objects & 1) != 0) p = bw_json_skip_key(p, end);
        } else {
            p = bw_json_skip_scalar(p, end);
            if (p == NULL || depth == 0) return p;
            p = bw_json_space(p, end);
        }
        while (ended) { /* a value has: what encloses it goes on, or ends too */
            if (p == end) return NULL;
            if (*p == ',') {
                p = bw_json_space(p + 1, end);
                if ((objects & 1) != 0) p = bw_json_skip_key(p, end);
                break;
            }
            if (*p != ((objects & 1) != 0 ? '}' : ']')) return NULL;
            objects >>= 1;
            ++p;
            if (--depth == 0) return p;
            p = bw_json_space(p, end);
        }
    }
    return NULL;
}

/* ---- values ------------------------------------------------------------------------------ */

/* 1 if `text` is exactly one JSON value, with white space around it or not. */
static inline int bw_json_valid(bw_str text) {
    const char* const end = text.len == 0 ? text.ptr : text.ptr + text.len;
    const char* const begin = bw_json_space(text.ptr, end);
    const char* const stop = begin == end ? NULL : bw_json_skip_value(begin, end);
    return stop != NULL && bw_json_space(stop, end) == end;
}

/* A BW_JSON_*, told from the first byte alone. */
static inline int bw_json_kind(bw_str value) {
    if (value.len == 0) return BW_JSON_MISSING;
    switch (value.ptr[0]) {
        case '{': return BW_JSON_OBJECT;
        case '[': return BW_JSON_ARRAY;
        case '"': return BW_JSON_STRING;
        case 't':
        case 'f': return BW_JSON_BOOLEAN;
        case 'n': return BW_JSON_NULL;
        default: break;
    }
    return value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9') ? BW_JSON_NUMBER
                                                                               : BW_JSON_MISSING;
}

/* A walk over the members of an object or the elements of an array. */
typedef struct bw_json_walk {
    bw_str key;   /* of a member: what stands between the quotes, not unescaped; else empty */
    bw_str value; /* the current one */
    size_t index; /* of the current one, from 0 */
    const char* next;
    const char* end;
    int object;
} bw_json_walk;

/* Begins a walk over `container`: nothing to walk over if it is none. */
static inline bw_json_walk bw_json_each(bw_str container) {
    bw_json_walk walk;
    const int kind = bw_json_kind(container);
    memset(&walk, 0, sizeof walk);
    walk.object = kind == BW_JSON_OBJECT;
    walk.index = (size_t)-1;
    if (!walk.object && kind != BW_JSON_ARRAY) return walk;
    walk.next = container.ptr;
    walk.end = container.ptr + container.len;
    return walk;
}

/* Goes on to the next one; 0 at the end, or at the first mistake. */
static inline int bw_json_next(bw_json_walk* walk) {
    const char* p = walk->next;
    const char* value;
    walk->next = NULL;
    if (p == NULL) return 0;
    if (++walk->index > 0) { /* behind a value; else at the bracket */
        p = bw_json_space(p, walk->end);
        if (p == walk->end || *p != ',') return 0;
    }
    p = bw_json_space(p + 1, walk->end);
    value = walk->object ? bw_json_skip_key(p, walk->end) : p;
    if (value == NULL || value == walk->end) return 0;
    if (walk->object) {
        const char* const key_end = bw_json_skip_string(p, walk->end);
        walk->key = bw_str_of(p + 1, (size_t)(key_end - p) - 2);
    }
    p = bw_json_skip_value(value, walk->end);
    if (p == NULL) return 0;
    walk->value = bw_str_of(value, (size_t)(p - value));
    walk->next = p;
    return 1;
}

#endif
