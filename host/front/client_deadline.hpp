// The deadline that a client sets for its own request, by a header.
#pragma once

#include <chrono>
#include <string_view>

#include "base/error.hpp"

namespace bw::front {

inline constexpr std::string_view k_timeout_header = "x-bellwether-timeout";

// The deadline of a request that came at `started`. `header` is the value of the client's header,
// such as "30s" or "1500ms"; empty: there is no deadline (time_point::max). Pure.
Result<std::chrono::steady_clock::time_point> client_deadline(
    std::string_view header, std::chrono::steady_clock::time_point started);

}  // namespace bw::front
