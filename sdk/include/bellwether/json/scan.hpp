// The scanner: from the first byte of a piece of JSON to its end. Part of <bellwether/json.hpp>,
// where the rules common to all of it are.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bw::v1::json {

// How deep arrays and objects may nest unless the caller says otherwise ...
inline constexpr int k_nesting_default = 64;
// ... and the most that a caller can say.
inline constexpr int k_nesting_max = 1024;

// The first byte at or after p that is not JSON white space; end if there is none.
inline const char* skip_space(const char* p, const char* end) {
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) ++p;
    return p;
}

namespace detail {

inline bool is_continuation(const char* p) {
    return (static_cast<unsigned char>(*p) & 0xC0) == 0x80;
}

// The end of the UTF-8 sequence of two bytes or more at p; nullptr if it is not one.
inline const char* skip_utf8(const char* p, const char* end) {
    const auto lead = static_cast<unsigned char>(*p);
    const auto left = end - p;
    const auto second = left > 1 ? static_cast<unsigned char>(p[1]) : 0u;
    if (lead >= 0xC2 && lead <= 0xDF) return left > 1 && is_continuation(p + 1) ? p + 2 : nullptr;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (left < 3 || !is_continuation(p + 1) || !is_continuation(p + 2)) return nullptr;
        if (lead == 0xE0 && second < 0xA0) return nullptr;  // overlong
        if (lead == 0xED && second > 0x9F) return nullptr;  // a surrogate
        return p + 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (left < 4 || !is_continuation(p + 1) || !is_continuation(p + 2) ||
            !is_continuation(p + 3)) {
            return nullptr;
        }
        if (lead == 0xF0 && second < 0x90) return nullptr;  // overlong
        if (lead == 0xF4 && second > 0x8F) return nullptr;  // above U+10FFFF
        return p + 4;
    }
    return nullptr;
}

inline int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The four hexadecimal digits at p as a number; -1 if they are not four.
inline int hex_quad(const char* p, const char* end) {
    if (end - p < 4) return -1;
    int number = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_digit(p[i]);
        if (digit < 0) return -1;
        number = number * 16 + digit;
    }
    return number;
}

// The end of the escape whose backslash is at p. A surrogate counts only as half of a pair.
inline const char* skip_escape(const char* p, const char* end) {
    if (end - p < 2) return nullptr;
    if (p[1] != 'u') return std::memchr("\"\\/bfnrt", p[1], 8) != nullptr ? p + 2 : nullptr;
    const int unit = hex_quad(p + 2, end);
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) return nullptr;
    if (unit < 0xD800 || unit > 0xDBFF) return p + 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u') return nullptr;
    const int low = hex_quad(p + 8, end);
    return low >= 0xDC00 && low <= 0xDFFF ? p + 12 : nullptr;
}

// The first byte at or after p that a string cannot simply contain: a quote, a backslash, a control
// character or a byte above ASCII.
inline const char* skip_plain(const char* p, const char* end) {
#ifdef __SSE2__
    const __m128i quotes = _mm_set1_epi8('"');
    const __m128i backslashes = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        // Signed: bytes above ASCII are negative, so one comparison finds them and the controls.
        const __m128i special = _mm_or_si128(
            _mm_cmplt_epi8(bytes, space),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, backslashes)));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
        if (mask != 0) return p + __builtin_ctz(mask);
    }
#endif
    while (p != end) {
        const auto byte = static_cast<unsigned char>(*p);
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
        ++p;
    }
    return p;
}

inline bool is_digit(const char* p, const char* end) { return p != end && *p >= '0' && *p <= '9'; }

inline const char* skip_digits(const char* p, const char* end) {
    if (!is_digit(p, end)) return nullptr;
    while (is_digit(p, end)) ++p;
    return p;
}

inline const char* skip_word(const char* p, const char* end, std::string_view word) {
    const bool there = static_cast<std::size_t>(end - p) >= word.size() &&
                       std::memcmp(p, word.data(), word.size()) == 0;
    return there ? p + word.size() : nullptr;
}

// Which of the enclosing containers are objects: one bit each, innermost last.
class Nesting {
  public:
    explicit Nesting(int max) : max_(max < k_nesting_max ? max : k_nesting_max) {}

    bool enter(bool object) {
        if (depth_ >= max_) return false;
        const auto bit = std::uint64_t{1} << (depth_ % 64);
        if (object) {
            bits_[depth_ / 64] |= bit;
        } else {
            bits_[depth_ / 64] &= ~bit;
        }
        ++depth_;
        return true;
    }
    void leave() { --depth_; }
    bool empty() const { return depth_ == 0; }
    bool in_object() const { return (bits_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0; }
    char closer() const { return in_object() ? '}' : ']'; }

  private:
    std::uint64_t bits_[k_nesting_max / 64] = {};
    int depth_ = 0;
    int max_;
};

}  // namespace detail

// The end of the string whose opening quote is at p: checked UTF-8, escapes and surrogate pairs.
inline const char* skip_string(const char* p, const char* end) {
    if (p == end || *p != '"') return nullptr;
    ++p;
    while (true) {
        p = detail::skip_plain(p, end);
        if (p == end) return nullptr;
        if (*p == '"') return p + 1;
        if (*p == '\\') {
            p = detail::skip_escape(p, end);
        } else if (static_cast<unsigned char>(*p) < 0x20) {
            return nullptr;
        } else {
            // Text that is not Latin comes in runs: stay here until it ends.
            do {
                p = detail::skip_utf8(p, end);
            } while (p != nullptr && p != end && static_cast<unsigned char>(*p) >= 0x80);
        }
        if (p == nullptr) return nullptr;
    }
}

// The end of the number at p.
inline const char* skip_number(const char* p, const char* end) {
    if (p != end && *p == '-') ++p;
    if (p != end && *p == '0') {
        ++p;
    } else if ((p = detail::skip_digits(p, end)) == nullptr) {
        return nullptr;
    }
    if (p != end && *p == '.' && (p = detail::skip_digits(p + 1, end)) == nullptr) return nullptr;
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end && (*p == '+' || *p == '-')) ++p;
        p = detail::skip_digits(p, end);
    }
    return p;
}

// The end of the string, number, true, false or null at p. `number` is what takes a number.
template <typename Number = decltype(&skip_number)>
const char* skip_scalar(const char* p, const char* end, Number number = &skip_number) {
    if (p == end) return nullptr;
    switch (*p) {
        case '"': return skip_string(p, end);
        case 't': return detail::skip_word(p, end, "true");
        case 'f': return detail::skip_word(p, end, "false");
        case 'n': return detail::skip_word(p, end, "null");
        default: return number(p, end);
    }
}

// From behind a member's key to the first byte of its value.
inline const char* skip_colon(const char* p, const char* end) {
    p = skip_space(p, end);
    if (p == end || *p != ':') return nullptr;
    return skip_space(p + 1, end);
}

// From the opening quote of a member's key to the first byte of its value.
inline const char* skip_key(const char* p, const char* end) {
    p = skip_string(p, end);
    return p == nullptr ? nullptr : skip_colon(p, end);
}

// The end of the value that begins at p (no white space before it): nullptr if it is malformed or
// nests deeper than `depth_max`. A stricter reader of numbers than skip_number can take its place.
template <typename Number = decltype(&skip_number)>
const char* skip_value(const char* p, const char* end, int depth_max = k_nesting_default,
                       Number number = &skip_number) {
    if (p != end && *p != '{' && *p != '[') return skip_scalar(p, end, number);
    detail::Nesting nesting(depth_max);
    while (true) {
        if (p == end) return nullptr;
        if (*p == '{' || *p == '[') {
            if (!nesting.enter(*p == '{')) return nullptr;
            p = skip_space(p + 1, end);
            if (p == end) return nullptr;
            if (*p != nesting.closer()) {
                if (nesting.in_object() && (p = skip_key(p, end)) == nullptr) return nullptr;
                continue;
            }
            nesting.leave();
            ++p;
        } else if ((p = skip_scalar(p, end, number)) == nullptr) {
            return nullptr;
        }
        // A value has ended: what encloses it goes on after a comma, or ends too.
        while (true) {
            if (nesting.empty()) return p;
            p = skip_space(p, end);
            if (p == end) return nullptr;
            if (*p == ',') break;
            if (*p != nesting.closer()) return nullptr;
            nesting.leave();
            ++p;
        }
        p = skip_space(p + 1, end);
        if (nesting.in_object() && (p = skip_key(p, end)) == nullptr) return nullptr;
    }
}

// Walks the object whose brace is at p. For each member calls
// `const char* member(std::string_view key, const char* value)`, which gives the end of the value,
// usually by skip_value, or nullptr to give up; `key` is what stands between the quotes, not
// unescaped. Gives the end of the object.
template <typename F>
const char* scan_object(const char* p, const char* end, F&& member) {
    if (p == end || *p != '{') return nullptr;
    p = skip_space(p + 1, end);
    if (p != end && *p == '}') return p + 1;
    while (true) {
        const char* const key = p;
        const char* const key_end = skip_string(p, end);
        if (key_end == nullptr) return nullptr;
        p = skip_colon(key_end, end);
        if (p == nullptr) return nullptr;
        p = member(std::string_view(key + 1, static_cast<std::size_t>(key_end - key) - 2), p);
        if (p == nullptr) return nullptr;
        p = skip_space(p, end);
        if (p == end) return nullptr;
        if (*p == '}') return p + 1;
        if (*p != ',') return nullptr;
        p = skip_space(p + 1, end);
    }
}

// Walks the array whose bracket is at p. For each element calls `const char* element(const char*)`,
// which gives the end of the element or nullptr to give up. Gives the end of the array.
template <typename F>
const char* scan_array(const char* p, const char* end, F&& element) {
    if (p == end || *p != '[') return nullptr;
    p = skip_space(p + 1, end);
    if (p != end && *p == ']') return p + 1;
    while (true) {
        p = element(p);
        if (p == nullptr) return nullptr;
        p = skip_space(p, end);
        if (p == end) return nullptr;
        if (*p == ']') return p + 1;
        if (*p != ',') return nullptr;
        p = skip_space(p + 1, end);
    }
}

// True if `text` is exactly one JSON value, with white space around it or not.
inline bool valid(std::string_view text, int depth_max = k_nesting_default) {
    const char* const end = text.data() + text.size();
    const char* const p = skip_value(skip_space(text.data(), end), end, depth_max);
    return p != nullptr && skip_space(p, end) == end;
}

}  // namespace bw::v1::json
