/* bellwether/c/text.h - texts as the ABI has them, and growing buffers. Part of
 * <bellwether/c/helpers.h>, where the rules common to all of it are. */
#ifndef BELLWETHER_C_TEXT_H
#define BELLWETHER_C_TEXT_H

#include <bellwether/provider.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ------------------------------------------------------------------------------- */

static inline bw_str bw_str_of(const char* bytes, size_t len) {
    bw_str text;
    text.ptr = bytes;
    text.len = len;
    return text;
}

/* A literal as a bw_str; S for short, unless that is taken or BW_NO_SHORT_NAMES is defined. */
#define BW_S(literal) bw_str_of("" literal, sizeof("" literal) - 1)
#if !defined(S) && !defined(BW_NO_SHORT_NAMES)
#define S(literal) BW_S(literal)
#endif

/* A text that ends with NUL, as a bw_str that borrows it; NULL is empty. */
static inline bw_str bw_str_from(const char* text) {
    return bw_str_of(text, text == NULL ? 0 : strlen(text));
}

/* 1 if both have the same bytes. */
static inline int bw_str_equal(bw_str a, bw_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Below, equal to or above 0, as `a` comes before, is equal to or comes after `b`, byte by byte. */
static inline int bw_str_compare(bw_str a, bw_str b) {
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* The same as bw_str_equal for letters of ASCII in either case. */
static inline int bw_str_equal_nocase(bw_str a, bw_str b) {
    size_t i;
    if (a.len != b.len) return 0;
    for (i = 0; i < a.len; ++i) {
        const char x = a.ptr[i];
        const char y = b.ptr[i];
        const int letter = (x | 0x20) >= 'a' && (x | 0x20) <= 'z';
        if (x != y && !(letter && (x | 0x20) == (y | 0x20))) return 0;
    }
    return 1;
}

/* 1 if `words` are somewhere in `text`, letters of ASCII in either case. */
static inline int bw_str_contains_nocase(bw_str text, bw_str words) {
    size_t at;
    for (at = 0; at + words.len <= text.len; ++at) {
        if (bw_str_equal_nocase(bw_str_of(text.ptr + at, words.len), words)) return 1;
    }
    return 0;
}

/* How many bytes the UTF-8 character at the beginning of a text has; 0: it is none, or is cut. */
static inline size_t bw_utf8_length(bw_str text) {
    const unsigned char* const p = (const unsigned char*)text.ptr;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    size_t length;
    size_t i;
    if (text.len == 0) return 0;
    if (p[0] < 0x80) return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4) return 0;
    length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (text.len < length) return 0;
    if (p[0] == 0xE0) low = 0xA0;  /* what is below is overlong */
    if (p[0] == 0xED) high = 0x9F; /* what is above is a surrogate */
    if (p[0] == 0xF0) low = 0x90;
    if (p[0] == 0xF4) high = 0x8F; /* U+10FFFF is the last */
    for (i = 1; i < length; ++i) {
        if (p[i] < low || p[i] > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

/* Skips plain text, eight bytes at a time: ASCII that is no control character, no quote and no
 * backslash. Stops before the first eight that have anything else in them. */
static inline const char* bw_skip_plain(const char* p, const char* end) {
    const uint64_t ones = 0x0101010101010101u;
    while (end - p >= 8) {
        uint64_t bytes;
        uint64_t quotes;
        uint64_t slashes;
        memcpy(&bytes, p, sizeof bytes);
        quotes = bytes ^ (ones * '"');
        slashes = bytes ^ (ones * '\\');
        if (((bytes | (bytes - ones * 0x20) | ((quotes - ones) & ~quotes) |
              ((slashes - ones) & ~slashes)) &
             (ones << 7)) != 0) {
            return p;
        }
        p += 8;
    }
    return p;
}

/* ---- buffers ----------------------------------------------------------------------------- */

/* A text that grows. All zero is an empty one. It owns `bytes`; bw_buffer_free releases them. */
typedef struct bw_buffer {
    char* bytes;
    size_t len;
    size_t room;
    int failed; /* memory ran out: it takes nothing more, and bw_buffer_text is empty */
} bw_buffer;

static inline void bw_buffer_append(bw_buffer* buffer, bw_str text) {
    if (buffer->failed || text.len == 0) return;
    if (text.len > buffer->room - buffer->len) {
        size_t room = buffer->room < 64 ? 64 : buffer->room;
        char* grown = NULL;
        while (room - buffer->len < text.len && room <= SIZE_MAX / 2) room *= 2;
        if (room - buffer->len >= text.len) grown = (char*)realloc(buffer->bytes, room);
        if (grown == NULL) {
            buffer->failed = 1;
            return;
        }
        buffer->bytes = grown;
        buffer->room = room;
    }
    memcpy(buffer->bytes + buffer->len, text.ptr, text.len);
    buffer->len += text.len;
}

/* What is in it: borrowed, until it grows again. */
static inline bw_str bw_buffer_text(const bw_buffer* buffer) {
    return bw_str_of(buffer->bytes, buffer->failed ? 0 : buffer->len);
}

/* Empties it and keeps its room. */
static inline void bw_buffer_clear(bw_buffer* buffer) {
    buffer->len = 0;
    buffer->failed = 0;
}

/* It is an empty one again. */
static inline void bw_buffer_free(bw_buffer* buffer) {
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}

#endif
