// Between text and the inside of JSON strings. Part of <bellwether/json.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <bellwether/json/scan.hpp>

namespace bw::v1::json {

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

}  // namespace bw::v1::json
