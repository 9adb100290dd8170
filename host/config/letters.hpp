// What names and sums in the file are made of.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.hpp"

namespace bw::config {

// What the name of a variable begins with.
constexpr bool begins_name(char c) { return is_alpha(c) || c == '_'; }

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
