// Classes of ASCII characters, whatever the locale is. Bytes above ASCII are in none of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace bellwether {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_alpha(c); }

inline std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

}  // namespace bellwether
