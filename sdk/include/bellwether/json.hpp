// bellwether/json.hpp - reads and rewrites JSON text in place: a strict RFC 8259 scanner without a
// DOM, without recursion and without allocation. A chat request is looked at in two or three places
// and otherwise passed on as it came, so nothing here builds a tree.
//
// Three layers, each on top of the one before:
//   skip_*, scan_*   primitives on [p, end): give the end of what begins at p, nullptr if malformed
//   Value            a view on one value: kind, members, elements, conversions
//   with_member ...  a changed copy of an object's text, every other byte as it was
//
// Everything is a pure function of its arguments and may be used on any thread. Views live as long
// as the text that they were made from.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bw::json {

// How deep arrays and objects may nest unless the caller says otherwise ...
inline constexpr int k_nesting_default = 64;
// ... and the most that a caller can say.
inline constexpr int k_nesting_max = 1024;

// ---- primitives ------------------------------------------------------------------------------

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
        if (const int mask = _mm_movemask_epi8(special); mask != 0) return p + __builtin_ctz(mask);
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

// The end of the string, number, true, false or null at p.
inline const char* skip_scalar(const char* p, const char* end) {
    if (p == end) return nullptr;
    switch (*p) {
        case '"': return skip_string(p, end);
        case 't': return detail::skip_word(p, end, "true");
        case 'f': return detail::skip_word(p, end, "false");
        case 'n': return detail::skip_word(p, end, "null");
        default: return skip_number(p, end);
    }
}

// From the opening quote of a member's key to the first byte of its value.
inline const char* skip_key(const char* p, const char* end) {
    p = skip_string(p, end);
    if (p == nullptr) return nullptr;
    p = skip_space(p, end);
    if (p == end || *p != ':') return nullptr;
    return skip_space(p + 1, end);
}

// The end of the value that begins at p (no white space before it): nullptr if it is malformed or
// nests deeper than `depth_max`.
inline const char* skip_value(const char* p, const char* end, int depth_max = k_nesting_default) {
    if (p != end && *p != '{' && *p != '[') return skip_scalar(p, end);
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
        } else if ((p = skip_scalar(p, end)) == nullptr) {
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
        p = skip_space(key_end, end);
        if (p == end || *p != ':') return nullptr;
        p = skip_space(p + 1, end);
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

// ---- text ------------------------------------------------------------------------------------

namespace detail {

inline void append_utf8(std::string& out, std::uint32_t point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
        return;
    }
    if (point < 0x800) {
        out += static_cast<char>(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            out += static_cast<char>(0xE0 | point >> 12);
        } else {
            out += static_cast<char>(0xF0 | point >> 18);
            out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
        }
        out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    }
    out += static_cast<char>(0x80 | (point & 0x3F));
}

// Appends what the escape at p stands for and gives its end; it has been checked by skip_escape.
inline const char* append_escape(std::string& out, const char* p, const char* end) {
    switch (p[1]) {
        case 'b': out += '\b'; return p + 2;
        case 'f': out += '\f'; return p + 2;
        case 'n': out += '\n'; return p + 2;
        case 'r': out += '\r'; return p + 2;
        case 't': out += '\t'; return p + 2;
        case 'u': break;
        default: out += p[1]; return p + 2;
    }
    auto point = static_cast<std::uint32_t>(hex_quad(p + 2, end));
    if (point < 0xD800 || point > 0xDBFF) {
        append_utf8(out, point);
        return p + 6;
    }
    const auto low = static_cast<std::uint32_t>(hex_quad(p + 8, end));
    append_utf8(out, 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00));
    return p + 12;
}

}  // namespace detail

// What stands between the quotes of a JSON string, unescaped. It stops at the first mistake.
inline std::string unescape(std::string_view inner) {
    std::string out;
    out.reserve(inner.size());
    const char* p = inner.data();
    const char* const end = p + inner.size();
    while (p != end) {
        const auto* slash =
            static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
        out.append(p, slash == nullptr ? end : slash);
        if (slash == nullptr || detail::skip_escape(slash, end) == nullptr) break;
        p = detail::append_escape(out, slash, end);
    }
    return out;
}

// Appends `text` to `out` as the inside of a JSON string, without quotes; a byte that is not UTF-8
// becomes U+FFFD.
inline void append_escaped(std::string& out, std::string_view text) {
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        const char* const plain = detail::skip_plain(p, end);
        out.append(p, plain);
        p = plain;
        if (p == end) break;
        const auto byte = static_cast<unsigned char>(*p);
        if (byte >= 0x80) {
            const char* const next = detail::skip_utf8(p, end);
            if (next == nullptr) {
                out += "\xEF\xBF\xBD";
            } else {
                out.append(p, next);
            }
            p = next == nullptr ? p + 1 : next;
            continue;
        }
        ++p;
        switch (byte) {
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            default:
                out += "\\u00";
                out += static_cast<char>('0' + (byte >> 4));
                out += "0123456789abcdef"[byte & 15];
        }
    }
}

// `text` as a JSON string, quotes included.
inline std::string quote(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    append_escaped(out, text);
    out += '"';
    return out;
}

// ---- views -----------------------------------------------------------------------------------

// What a Value is; `missing` is one that is not there, or is malformed.
enum class Kind { missing, null, boolean, number, string, array, object };

class Elements;
class Members;

// A view on one JSON value. Looking something up in text that is malformed gives a missing Value
// and never reads past its end; use `valid` to refuse such text.
class Value {
  public:
    Value() = default;
    // `text` is one value, with white space around it or not.
    explicit Value(std::string_view text) {
        const char* const p = skip_space(text.data(), text.data() + text.size());
        const char* end = text.data() + text.size();
        while (end != p && skip_space(end - 1, end) == end) --end;
        raw_ = std::string_view(p, static_cast<std::size_t>(end - p));
    }

    // Told from the first byte alone.
    Kind kind() const {
        if (raw_.empty()) return Kind::missing;
        switch (raw_.front()) {
            case '{': return Kind::object;
            case '[': return Kind::array;
            case '"': return Kind::string;
            case 't':
            case 'f': return Kind::boolean;
            case 'n': return Kind::null;
            default:
                return raw_.front() == '-' || detail::is_digit(raw_.data(), raw_.data() + 1)
                           ? Kind::number
                           : Kind::missing;
        }
    }
    // There and not null.
    explicit operator bool() const { return kind() != Kind::missing && kind() != Kind::null; }
    // The value's own text.
    std::string_view raw() const { return raw_; }

    // An object's member of that name, the first if there are several; else a missing value.
    Value operator[](std::string_view key) const;
    // An array's element; else a missing value.
    Value at(std::size_t index) const;
    // To be iterated; empty if this is no array.
    Elements elements() const;
    // To be iterated; empty if this is no object.
    Members members() const;

    // A string's text, unescaped; the fallback for anything else.
    std::string string(std::string_view fallback = "") const {
        const auto inner = string_inner();
        return inner ? unescape(*inner) : std::string(fallback);
    }
    // True if this is the string `text`.
    bool equals(std::string_view text) const {
        const auto inner = string_inner();
        if (!inner) return false;
        if (inner->find('\\') == std::string_view::npos) return *inner == text;
        return unescape(*inner) == text;
    }
    // A number written without fraction and exponent, if it fits.
    std::optional<std::int64_t> integer() const {
        std::int64_t number = 0;
        const char* const end = raw_.data() + raw_.size();
        if (kind() != Kind::number || skip_number(raw_.data(), end) != end) return std::nullopt;
        const auto [stop, error] = std::from_chars(raw_.data(), end, number);
        if (error != std::errc() || stop != end) return std::nullopt;
        return number;
    }
    // Any number, if a double can hold it.
    std::optional<double> number() const {
        double number = 0;
        const char* const end = raw_.data() + raw_.size();
        if (kind() != Kind::number || skip_number(raw_.data(), end) != end) return std::nullopt;
        const auto [stop, error] = std::from_chars(raw_.data(), end, number);
        if (error != std::errc() || stop != end) return std::nullopt;
        return number;
    }
    // true or false; the fallback for anything else.
    bool boolean(bool fallback) const {
        if (raw_ == "true") return true;
        return raw_ == "false" ? false : fallback;
    }

  private:
    std::optional<std::string_view> string_inner() const {
        if (raw_.size() < 2 || raw_.front() != '"' || raw_.back() != '"') return std::nullopt;
        return raw_.substr(1, raw_.size() - 2);
    }

    std::string_view raw_;
};

// One member of an object.
class Member {
  public:
    Member(std::string_view raw_key, Value value) : raw_key_(raw_key), value_(value) {}

    // Unescaped.
    std::string key() const { return unescape(raw_key_); }
    // As it stands between the quotes.
    std::string_view raw_key() const { return raw_key_; }
    // Compares with the unescaped key, without a copy if nothing is escaped.
    bool key_is(std::string_view name) const {
        if (raw_key_.find('\\') == std::string_view::npos) return raw_key_ == name;
        return key() == name;
    }
    const Value& value() const { return value_; }

  private:
    std::string_view raw_key_;
    Value value_;
};

namespace detail {

// Steps through the values of one container; stops at its end or at the first mistake.
class Walk {
  public:
    Walk() = default;
    explicit Walk(std::string_view container)
        : next_(container.data()), end_(container.data() + container.size()) {
        object_ = *next_ == '{';
        enter(skip_space(next_ + 1, end_));
    }

    bool done() const { return next_ == nullptr; }
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }
    void step() {
        const char* const p = skip_space(next_, end_);
        if (p == end_ || *p != ',') return stop();
        enter(skip_space(p + 1, end_));
    }

  private:
    void enter(const char* p) {
        if (object_) {
            const char* const key_end = skip_string(p, end_);
            const char* const value = key_end == nullptr ? nullptr : skip_key(p, end_);
            if (value == nullptr) return stop();
            key_ = std::string_view(p + 1, static_cast<std::size_t>(key_end - p) - 2);
            p = value;
        }
        next_ = skip_value(p, end_, k_nesting_max);
        if (next_ == nullptr) return stop();
        value_ = std::string_view(p, static_cast<std::size_t>(next_ - p));
    }
    void stop() { next_ = nullptr; }

    const char* next_ = nullptr;  // after the current value; nullptr: there is none
    const char* end_ = nullptr;
    bool object_ = false;
    std::string_view key_;
    std::string_view value_;
};

// The input iterator over a Walk that gives Items.
template <typename Item>
class Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item*;
    using reference = Item;

    Iterator() = default;
    explicit Iterator(Walk walk) : walk_(walk) {}
    Item operator*() const {
        if constexpr (std::is_same_v<Item, Member>) {
            return Member(walk_.key(), Value(walk_.value()));
        } else {
            return Value(walk_.value());
        }
    }
    Iterator& operator++() {
        walk_.step();
        return *this;
    }
    Iterator operator++(int) {
        Iterator before = *this;
        walk_.step();
        return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
        return a.walk_.done() && b.walk_.done();
    }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

  private:
    Walk walk_;
};

}  // namespace detail

// An array's elements, for range-for.
class Elements {
  public:
    using iterator = detail::Iterator<Value>;
    explicit Elements(std::string_view array) : array_(array) {}
    iterator begin() const { return array_.empty() ? iterator() : iterator(detail::Walk(array_)); }
    iterator end() const { return {}; }

  private:
    std::string_view array_;
};

// An object's members, for range-for.
class Members {
  public:
    using iterator = detail::Iterator<Member>;
    explicit Members(std::string_view object) : object_(object) {}
    iterator begin() const {
        return object_.empty() ? iterator() : iterator(detail::Walk(object_));
    }
    iterator end() const { return {}; }

  private:
    std::string_view object_;
};

inline Elements Value::elements() const {
    return Elements(kind() == Kind::array ? raw_ : std::string_view());
}

inline Members Value::members() const {
    return Members(kind() == Kind::object ? raw_ : std::string_view());
}

inline Value Value::operator[](std::string_view key) const {
    for (const Member& member : members()) {
        if (member.key_is(key)) return member.value();
    }
    return {};
}

inline Value Value::at(std::size_t index) const {
    for (const Value& element : elements()) {
        if (index-- == 0) return element;
    }
    return {};
}

// ---- rewriting -------------------------------------------------------------------------------

// A copy of `object` whose member `key` is `raw_value`, itself JSON: replaced where it stands (all
// of them, if there are several), or else added at the end. Text that is no object is copied
// unchanged.
inline std::string with_member(std::string_view object, std::string_view key,
                               std::string_view raw_value) {
    const Value whole(object);
    if (whole.kind() != Kind::object) return std::string(object);
    std::string out;
    out.reserve(object.size() + key.size() + raw_value.size() + 4);
    const char* copied = object.data();
    bool empty = true;
    bool replaced = false;
    for (const Member& member : whole.members()) {
        empty = false;
        if (!member.key_is(key)) continue;
        const std::string_view old = member.value().raw();
        out.append(copied, old.data()).append(raw_value);
        copied = old.data() + old.size();
        replaced = true;
    }
    const char* const brace = whole.raw().data() + whole.raw().size() - 1;
    if (!replaced && *brace == '}') {
        out.append(copied, brace);
        if (!empty) out += ',';
        out.append(quote(key)).append(":").append(raw_value);
        copied = brace;
    }
    return out.append(copied, object.data() + object.size());
}

// A copy of `object` without its member `key`, all of them if there are several. Text that is no
// object is copied unchanged.
inline std::string without_member(std::string_view object, std::string_view key) {
    std::string out;
    out.reserve(object.size());
    const char* copied = object.data();
    const char* kept_end = nullptr;  // the end of the last member that stays
    bool cut_to_next = false;        // a member went and none before it stayed
    for (const Member& member : Value(object).members()) {
        const char* const begin = member.raw_key().data() - 1;
        const std::string_view value = member.value().raw();
        if (cut_to_next) copied = begin;
        cut_to_next = false;
        if (!member.key_is(key)) {
            kept_end = value.data() + value.size();
            continue;
        }
        // With the comma before it, or, if nothing before it stays, the comma after it.
        const char* const from = kept_end != nullptr ? kept_end : begin;
        if (from > copied) out.append(copied, from);
        copied = value.data() + value.size();
        cut_to_next = kept_end == nullptr;
    }
    return out.append(copied, object.data() + object.size());
}

}  // namespace bw::json
