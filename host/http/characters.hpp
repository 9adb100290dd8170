// Which bytes each part of an HTTP message may have (RFC 9110, 5.6.2 and 5.5; RFC 3986, 3.3).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"

namespace bellwether::http {

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// The lower-case form of each byte that a token may have; 0 for any other.
inline constexpr std::array<char, 256> k_token = [] {
    std::array<char, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = c;
    for (int c = 0; c < 128; ++c) {
        const char letter = static_cast<char>(c);
        if (is_alphanumeric(letter)) table[static_cast<std::size_t>(c)] = lower(letter);
    }
    return table;
}();

constexpr char token_lower(char c) { return k_token[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return token_lower(c) != 0; });
}

// Whether all bytes may stand in a field's value or in a chunk's extension: tabs and all that are
// no control characters.
constexpr bool is_value(std::string_view text) {
    bool good = true;  // no early end, so that the compiler can look at many bytes at once
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        good &= (byte >= 0x20 || byte == '\t') && byte != 0x7f;
    }
    return good;
}

constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return text.size() == lower_case.size() &&
           std::ranges::equal(text, lower_case, {}, [](char c) { return lower(c); });
}

// Whether the text consists of letters, digits, characters of `allowed`, and escapes ("%" and two
// hexadecimal digits).
constexpr bool is_made_of(std::string_view text, std::string_view allowed) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) {
                return false;
            }
            i += 2;
        } else if (!is_alphanumeric(c) && allowed.find(c) == allowed.npos) {
            return false;
        }
    }
    return true;
}

}  // namespace bellwether::http
