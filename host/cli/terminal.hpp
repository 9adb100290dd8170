// What a terminal can show, and the text that is safe to show on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bellwether::cli {

enum class Colour { off, on };

// Colours are on for a terminal, unless NO_COLOR is set, or TERM is "dumb" or not set.
Colour colour_of(int descriptor);

// How wide a descriptor's lines may be: $COLUMNS, else the terminal's own width; 0: no limit.
std::size_t columns_of(int descriptor);

// "1 model", "2 models"
std::string counted(std::size_t number, std::string_view one);

// The text without control characters, so that text from outside cannot steer the terminal. Those
// of ASCII, except line ends and tabs, and those from U+0080 to U+009F are dropped.
std::string plain(std::string_view text);

}  // namespace bellwether::cli
