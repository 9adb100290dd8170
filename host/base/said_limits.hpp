// `SaidLimits` is what an upstream has said of its own rate limits, with one of its answers.
#pragma once

#include <chrono>
#include <cstdint>

namespace bellwether {

struct ReportedLimit {
    std::int64_t limit = -1;              // -1: not said
    std::int64_t remaining = -1;          // -1: not said, or not a number
    std::chrono::milliseconds reset{-1};  // until all of `limit` is there again; -1: not said

    // True if the figures can be used. Some upstreams send a limit of 0 or -1 that has no meaning.
    bool sound() const { return limit > 0 && remaining >= 0 && reset.count() >= 0; }
};

struct SaidLimits {
    ReportedLimit requests;
    ReportedLimit tokens;
};

}  // namespace bellwether
