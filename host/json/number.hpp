// Checks the numbers in a request: it may hold only those that every reader understands alike.
#pragma once

#include <charconv>
#include <cstddef>
#include <string_view>

#include "json/value.hpp"

namespace bellwether::json {

// A number with more characters is none that anybody computes with.
inline constexpr std::size_t k_number_bytes_max = 128;

// `number` is well-formed. Without an exponent, its length alone keeps it in the range of a double.
inline bool in_range(std::string_view number) {
    if (number.size() > k_number_bytes_max) return false;
    if (number.find_first_of("eE") == std::string_view::npos) return true;
    double ignored = 0;
    const char* const end = number.data() + number.size();
    return std::from_chars(number.data(), end, ignored).ec == std::errc();
}

// The end of the number at p; nullptr if it is malformed or out of range.
inline const char* skip_number_in_range(const char* p, const char* end) {
    const char* const stop = skip_number(p, end);
    if (stop == nullptr) return nullptr;
    return in_range({p, static_cast<std::size_t>(stop - p)}) ? stop : nullptr;
}

}  // namespace bellwether::json
