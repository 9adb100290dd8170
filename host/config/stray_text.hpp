// What comes along with a value that is copied or read from a file: line ends, blanks, quotes.
// Pure.
#pragma once

#include <string_view>

namespace bw::config {

// Continues a sentence that begins with where the value is from: "ends in a line end", "stands in
// quotes"; empty: nothing came along.
inline constexpr std::string_view k_inner_space = "holds a space";
std::string_view stray_text(std::string_view value);

}  // namespace bw::config
