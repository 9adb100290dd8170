// Classes of ASCII characters, whatever the locale is. Bytes above ASCII are in none of them.
#pragma once

#include <string>
#include <string_view>

namespace bw::ascii {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
inline bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }

inline std::string lower(std::string_view text) {
    std::string copy(text);
    for (char& c : copy) c = lower(c);
    return copy;
}

}  // namespace bw::ascii
