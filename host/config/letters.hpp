// Letters and digits of ASCII, whatever the locale says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace bw::config {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = lower(c);
    return result;
}

// Whether there is nothing in it but lower-case letters, digits and `others`.
constexpr bool is_made_of(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [others](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || others.find(c) != others.npos;
    });
}

// Hexadecimal digits of a SHA-256 sum.
constexpr bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
           });
}

}  // namespace bw::config
