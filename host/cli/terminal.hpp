// What the terminal, if there is one, can show, and what it must not be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bw::cli {

enum class Colour { off, on };

// Of a descriptor: on for a terminal, unless NO_COLOR is set or TERM says "dumb".
Colour colour_of(int descriptor);

// How wide a descriptor's lines may be: $COLUMNS, else the terminal's own width; 0: as wide as they
// come.
std::size_t columns_of(int descriptor);

// "1 model", "2 models"
std::string counted(std::size_t number, std::string_view one);

// Without control characters, neither those of ASCII, but for line ends and tabs, nor U+0080 to
// U+009F: what comes from afar must not steer the terminal.
std::string plain(std::string_view text);

}  // namespace bw::cli
