// How long a client will wait, as its request says.
#pragma once

#include <chrono>
#include <string_view>

#include "base/error.hpp"

namespace bw::front {

inline constexpr std::string_view k_timeout_header = "x-bellwether-timeout";

// When a client gives up that began to wait at `started`; `header` is the value of its header,
// "30s" or "1500ms"; empty: it waits for ever. Pure.
Result<std::chrono::steady_clock::time_point> client_deadline(
    std::string_view header, std::chrono::steady_clock::time_point started);

}  // namespace bw::front
