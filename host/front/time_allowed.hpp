// How long a client allows its request to take: a deadline for the whole, and limits that are
// shorter than those of the targets. The client says so by a header.
#pragma once

#include <chrono>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"

namespace bellwether::front {

inline constexpr std::string_view k_timeout_header = "x-bellwether-timeout";

struct TimeAllowed {
    // The end of the whole call; max: the client set none.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    ClientLimits limits;
};

// What the client allows a request that came at `started`. `header` is the value of its header, a
// list whose parts are in any order: "30s" for the whole, "first_byte=2s", "idle=5s" and
// "connect=1s" for each try. Empty: there is no limit. Pure.
Result<TimeAllowed> time_allowed(std::string_view header,
                                 std::chrono::steady_clock::time_point started);

}  // namespace bellwether::front
