// Says what is wrong with a text that is not JSON, so that a person can correct it. It may be slow,
// as it runs only after the scanner has refused the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bellwether::json {

struct Mistake {
    std::string what;        // "a comma is missing"
    std::size_t offset = 0;  // of the byte that is wrong; the size of the text: its end
};

// The first mistake in `text`; nothing if it is one JSON value within the limits.
std::optional<Mistake> find_mistake(std::string_view text, int depth_max);

// "line 3, column 7 (byte 41)"; lines and columns count from 1, and columns in bytes.
std::string place(std::string_view text, std::size_t offset);

}  // namespace bellwether::json
