// What comes from afar must not steer the terminal.
#pragma once

#include <string>
#include <string_view>

namespace bw::cli {

// Without control characters, neither those of ASCII, but for line ends and tabs, nor U+0080 to
// U+009F.
std::string plain(std::string_view text);

}  // namespace bw::cli
