// `MessageLimits` says how much of a request the parser takes. The defaults are the
// configuration's.
#pragma once

#include <cstddef>

namespace bellwether::http {

struct MessageLimits {
    std::size_t request_line_bytes = 16u << 10;
    std::size_t header_bytes = 64u << 10;  // of all header lines, and again of all trailer lines
    std::size_t header_count = 100;
    std::size_t body_bytes = 32u << 20;  // of the body as sent, and again of the unpacked body
    std::size_t inflate_ratio = 100;     // how many times a packed body may grow
};

}  // namespace bellwether::http
