/* bellwether/c/json_get.h - finds values of JSON text by their path, and what they say. Part of
 * <bellwether/c/helpers.h>.
 *
 *   bw_arena arena = {0};
 *   bw_str name = bw_json_text(bw_json_get(body, "tools[0].function.name"), &arena);
 *   int64_t limit = bw_json_to_integer(bw_json_get(body, "max_tokens"), -1);
 *   bw_arena_free(&arena);
 *   bw_json_put_members(&json, "top_k seed", body, config, S("")); */
#ifndef BELLWETHER_C_JSON_GET_H
#define BELLWETHER_C_JSON_GET_H

#include <bellwether/c/json_reader.h>
#include <bellwether/c/json_writer.h>

#include <locale.h>

/* ---- strings ----------------------------------------------------------------------------- */

/* The next character of the inside of a string, from `at`, unescaped into 1 to 4 bytes; gives how
 * many, and 0 at the end or at the first mistake. */
static inline size_t bw_json_character(const char** at, const char* end, char bytes[4]) {
    uint32_t point = 0;
    size_t count;
    size_t i;
    if (*at == NULL || *at == end) return 0;
    if (**at != '\\') {
        bytes[0] = *(*at)++;
        return 1;
    }
    *at = bw_json_escape(*at, end, &point);
    if (*at == NULL) return 0;
    count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (i = count - 1; i > 0; --i) {
        bytes[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)(count == 1 ? point : ((0xF00u >> count) & 0xFF) | point);
    return count;
}

/* What stands between the quotes of a string, not unescaped; empty for anything else. */
static inline bw_str bw_json_inner(bw_str value) {
    if (bw_json_kind(value) != BW_JSON_STRING || value.len < 2) return bw_str_of(NULL, 0);
    return bw_str_of(value.ptr + 1, value.len - 2);
}

/* The inside of a string, unescaped, into `out`, of which `size` bytes may be written: cut where it
 * does not fit, with a NUL behind it if there is room. Gives the bytes of the whole, without a NUL.
 * `out` may be NULL if `size` is 0. */
static inline size_t bw_json_unescape(bw_str inner, char* out, size_t size) {
    const char* at = inner.ptr;
    const char* const end = inner.len == 0 ? inner.ptr : inner.ptr + inner.len;
    char bytes[4];
    size_t used = 0;
    size_t count;
    size_t i;
    while ((count = bw_json_character(&at, end, bytes)) > 0) {
        for (i = 0; i < count; ++i, ++used) {
            if (used < size) out[used] = bytes[i];
        }
    }
    if (used < size) out[used] = '\0';
    return used;
}

/* The same of a whole string value; 0 for what is no string. */
static inline size_t bw_json_copy(bw_str string, char* out, size_t size) {
    return bw_json_unescape(bw_json_inner(string), out, size);
}

/* 1 if the inside of a string means that text. */
static inline int bw_json_inner_equals(bw_str inner, bw_str text) {
    const char* at = inner.ptr;
    const char* const end = inner.len == 0 ? inner.ptr : inner.ptr + inner.len;
    char bytes[4];
    size_t compared = 0;
    size_t count;
    while ((count = bw_json_character(&at, end, bytes)) > 0) {
        if (text.len - compared < count || memcmp(bytes, text.ptr + compared, count) != 0) return 0;
        compared += count;
    }
    return at == end && compared == text.len;
}

/* 1 if the value is a string of that text. */
static inline int bw_json_equals(bw_str value, bw_str text) {
    return bw_json_kind(value) == BW_JSON_STRING &&
           bw_json_inner_equals(bw_json_inner(value), text);
}

/* Appends the text of a string, unescaped; nothing for anything else. */
static inline void bw_json_append_text(bw_buffer* out, bw_str value) {
    const bw_str inner = bw_json_inner(value);
    const char* at = inner.ptr;
    const char* const end = inner.len == 0 ? inner.ptr : inner.ptr + inner.len;
    char bytes[4];
    size_t count;
    while ((count = bw_json_character(&at, end, bytes)) > 0) {
        bw_buffer_append(out, bw_str_of(bytes, count));
    }
}

/* Texts that live until bw_arena_free. All zero is an empty one. */
typedef struct bw_arena {
    void* blocks; /* each begins with a pointer to the one before */
    int failed;   /* memory ran out: a text is missing */
} bw_arena;

/* `size` bytes and a NUL behind them; NULL if there is no memory. */
static inline char* bw_arena_take(bw_arena* arena, size_t size) {
    char* const block =
        size > SIZE_MAX - sizeof(void*) - 1 ? NULL : (char*)malloc(sizeof(void*) + size + 1);
    if (block == NULL) {
        arena->failed = 1;
        return NULL;
    }
    memcpy(block, &arena->blocks, sizeof(void*));
    arena->blocks = block;
    block[sizeof(void*) + size] = '\0';
    return block + sizeof(void*);
}

static inline void bw_arena_free(bw_arena* arena) {
    while (arena->blocks != NULL) {
        void* const block = arena->blocks;
        memcpy(&arena->blocks, block, sizeof(void*));
        free(block);
    }
    arena->failed = 0;
}

/* The text of a string, unescaped: within the value itself if nothing is escaped, else in the
 * arena. Empty for anything else. */
static inline bw_str bw_json_text(bw_str value, bw_arena* arena) {
    const bw_str inner = bw_json_inner(value);
    size_t len;
    char* copy;
    if (inner.len == 0 || memchr(inner.ptr, '\\', inner.len) == NULL) return inner;
    len = bw_json_unescape(inner, NULL, 0);
    copy = bw_arena_take(arena, len);
    if (copy == NULL) return bw_str_of(NULL, 0);
    bw_json_unescape(inner, copy, len);
    return bw_str_of(copy, len);
}

/* ---- finding ----------------------------------------------------------------------------- */

/* An object's member of that name, the first if there are several; missing if there is none. */
static inline bw_str bw_json_member(bw_str object, bw_str name) {
    bw_json_walk walk = bw_json_each(object);
    while (walk.object && bw_json_next(&walk)) {
        if (bw_json_inner_equals(walk.key, name)) return walk.value;
    }
    return bw_str_of(NULL, 0);
}

/* An array's element; missing if there is none. */
static inline bw_str bw_json_at(bw_str array, size_t index) {
    bw_json_walk walk = bw_json_each(array);
    while (!walk.object && bw_json_next(&walk)) {
        if (walk.index == index) return walk.value;
    }
    return bw_str_of(NULL, 0);
}

/* The value at a path of names and indexes, "choices[0].delta.content". A name in it has neither a
 * point nor a bracket: for others there is bw_json_member. `json` may have white space around it.
 */
static inline bw_str bw_json_get(bw_str json, const char* path) {
    const char* const end = json.len == 0 ? json.ptr : json.ptr + json.len;
    const char* const begin = bw_json_space(json.ptr, end);
    bw_str value = bw_str_of(begin, (size_t)(end - begin));
    while (*path != '\0' && value.len > 0) {
        const size_t length = strcspn(path, ".[]");
        if (*path == '[') {
            size_t index = 0;
            for (++path; *path >= '0' && *path <= '9'; ++path) {
                index = index > SIZE_MAX / 20 ? SIZE_MAX / 2 : index * 10 + (size_t)(*path - '0');
            }
            if (*path == ']') ++path;
            value = bw_json_at(value, index);
        } else {
            value = bw_json_member(value, bw_str_of(path, length));
            path += length;
            if (*path == ']') return bw_str_of(NULL, 0);
        }
        if (*path == '.') ++path;
    }
    return value;
}

/* The first of two that is there and not null; else the second. */
static inline bw_str bw_json_or(bw_str first, bw_str second) {
    const int kind = bw_json_kind(first);
    return kind == BW_JSON_MISSING || kind == BW_JSON_NULL ? second : first;
}

/* Takes the next word off a list of names with spaces between them; empty at the end. */
static inline bw_str bw_next_name(const char** names) {
    const char* const begin = *names + strspn(*names, " ");
    *names = begin + strcspn(begin, " ");
    return bw_str_of(begin, (size_t)(*names - begin));
}

/* ---- scalars ----------------------------------------------------------------------------- */

/* A number written without fraction and exponent, if it fits; else the fallback. */
static inline int64_t bw_json_to_integer(bw_str value, int64_t fallback) {
    const int negative = value.len > 0 && value.ptr[0] == '-';
    const uint64_t most = (uint64_t)INT64_MAX + (negative ? 1u : 0u);
    uint64_t number = 0;
    size_t i;
    if (value.len == (negative ? 1u : 0u)) return fallback;
    for (i = negative ? 1 : 0; i < value.len; ++i) {
        const unsigned digit = (unsigned)(unsigned char)value.ptr[i] - '0';
        if (digit > 9 || number > (most - digit) / 10) return fallback;
        number = number * 10 + digit;
    }
    if (!negative) return (int64_t)number;
    return number == most ? INT64_MIN : -(int64_t)number;
}

/* Any number that a double can hold, whatever the locale; else the fallback. One of more than 100
 * characters is the fallback, too. */
static inline double bw_json_to_number(bw_str value, double fallback) {
    const char* const point = localeconv()->decimal_point;
    const char* const end = value.len == 0 ? NULL : value.ptr + value.len;
    char digits[128];
    size_t used = 0;
    size_t i;
    double number;
    if (bw_json_kind(value) != BW_JSON_NUMBER || value.len > 100) return fallback;
    if (bw_json_skip_number(value.ptr, end) != end) return fallback;
    for (i = 0; i < value.len; ++i) {
        const size_t length = value.ptr[i] == '.' ? strlen(point) : 1;
        if (used + length >= sizeof digits) return fallback;
        memcpy(digits + used, value.ptr[i] == '.' ? point : value.ptr + i, length);
        used += length;
    }
    digits[used] = '\0';
    number = strtod(digits, NULL);
    return number - number == 0 ? number : fallback;
}

/* true or false as 1 or 0; else the fallback. */
static inline int bw_json_to_boolean(bw_str value, int fallback) {
    if (bw_str_equal(value, BW_S("true"))) return 1;
    return bw_str_equal(value, BW_S("false")) ? 0 : fallback;
}

/* ---- taking over ------------------------------------------------------------------------- */

/* Writes those of the members named in `names`, with spaces between them, that one of three objects
 * has, the first of them that has it; null counts as missing. */
static inline void bw_json_put_members(bw_json_writer* json, const char* names, bw_str first,
                                       bw_str second, bw_str third) {
    bw_str name = bw_next_name(&names);
    for (; name.len > 0; name = bw_next_name(&names)) {
        bw_str value = bw_json_or(bw_json_member(third, name), BW_S(""));
        value = bw_json_or(bw_json_member(second, name), value);
        bw_json_put_raw(json, name, bw_json_or(bw_json_member(first, name), value));
    }
}

/* The object without the members named in `names`, with spaces between them, in the arena: for what
 * is looked up by name in a request, without the prompt, which is most of it. */
static inline bw_str bw_json_without(bw_str object, const char* names, bw_arena* arena) {
    bw_json_walk walk = bw_json_each(object);
    bw_buffer rest;
    bw_str copy;
    char* bytes;
    memset(&rest, 0, sizeof rest);
    bw_buffer_append(&rest, BW_S("{"));
    while (walk.object && bw_json_next(&walk)) {
        const char* left = names;
        bw_str name = bw_next_name(&left);
        while (name.len > 0 && !bw_json_inner_equals(walk.key, name)) name = bw_next_name(&left);
        if (name.len > 0) continue;
        if (rest.len > 1) bw_buffer_append(&rest, BW_S(","));
        bw_buffer_append(&rest, BW_S("\""));
        bw_buffer_append(&rest, walk.key);
        bw_buffer_append(&rest, BW_S("\":"));
        bw_buffer_append(&rest, walk.value);
    }
    bw_buffer_append(&rest, BW_S("}"));
    arena->failed = arena->failed || rest.failed;
    copy = bw_buffer_text(&rest);
    bytes = bw_arena_take(arena, copy.len);
    if (bytes != NULL && copy.len > 0) memcpy(bytes, copy.ptr, copy.len);
    bw_buffer_free(&rest);
    return bw_str_of(bytes, bytes == NULL ? 0 : copy.len);
}

#endif
