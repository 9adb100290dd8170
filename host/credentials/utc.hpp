// Calendar times in UTC as credentials write them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bellwether::credentials {

using WallTime = std::chrono::system_clock::time_point;

// "20150830T123600Z", the form of AWS.
std::string compact_time(WallTime time);

// Reads "2016-02-25T06:03:31Z" (RFC 3339), with a fraction of a second, which is dropped, or with
// an offset such as "+07:00". Nothing: it is no such text.
std::optional<WallTime> read_rfc3339(std::string_view text);

std::int64_t unix_seconds(WallTime time);

}  // namespace bellwether::credentials
