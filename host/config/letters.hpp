// Checks the characters of names and of checksums in the file.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.hpp"

namespace bellwether::config {

// Whether the name of a variable may begin with this character.
constexpr bool begins_name(char c) { return is_alpha(c) || c == '_'; }

// Whether the text has no characters but lower-case letters, digits and those in `others`.
constexpr bool is_made_of(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [others](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || others.find(c) != others.npos;
    });
}

// Whether the text is a SHA-256 sum in hexadecimal digits.
constexpr bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
           });
}

}  // namespace bellwether::config
