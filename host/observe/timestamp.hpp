// RFC 3339 in UTC with milliseconds: 2026-11-24T02:10:11.123Z. Private to observe.
#pragma once

#include <chrono>
#include <string>

namespace bellwether::observe {

void append_timestamp(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace bellwether::observe
