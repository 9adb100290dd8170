// Classes of ASCII characters, and comparing text without regard to their case, whatever the locale
// is. Bytes above ASCII are in none of the classes and equal only themselves.
#pragma once

#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace bw::v1::ascii {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
inline bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }

inline std::string lower(std::string_view text) {
    std::string copy(text);
    for (char& c : copy) c = lower(c);
    return copy;
}

inline bool equal_nocase(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

inline std::size_t find_nocase(std::string_view text, std::string_view what, std::size_t from = 0) {
    if (from > text.size()) return std::string_view::npos;
    const auto found =
        std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), what.begin(),
                    what.end(), [](char x, char y) { return lower(x) == lower(y); });
    return found == text.end() && !what.empty() ? std::string_view::npos
                                                : static_cast<std::size_t>(found - text.begin());
}

inline bool contains_nocase(std::string_view text, std::string_view what) {
    return find_nocase(text, what) != std::string_view::npos;
}

inline bool starts_with_nocase(std::string_view text, std::string_view beginning) {
    return equal_nocase(text.substr(0, beginning.size()), beginning);
}

}  // namespace bw::v1::ascii
