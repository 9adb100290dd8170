// How much of a request the parser takes. The defaults are those of the configuration.
#pragma once

#include <cstddef>

namespace bw::http {

struct MessageLimits {
    std::size_t request_line_bytes = 16u << 10;
    std::size_t header_bytes = 64u << 10;  // all header lines together; trailer lines likewise
    std::size_t header_count = 100;
    std::size_t body_bytes = 32u << 20;  // as it was sent, and again as it is unpacked
    std::size_t inflate_ratio = 100;     // how many times a packed body may grow
};

}  // namespace bw::http
