// `Period` says how long a budget counts before it begins again at 0, and at which moments that
// happens. A plain value; `window_at` computes with it.
#pragma once

#include <cstdint>
#include <string>

namespace bellwether::calendar {

enum class Unit : std::uint8_t { minute, hour, day, week, month, none };  // none: no resets

// Only the fields that are smaller than the unit count: for a week these are `day`, `hour` and
// `minute`.
struct Period {
    Unit unit = Unit::none;
    int day = 1;  // month: 1 to 31, in a shorter month its last day; week: 1 (Monday) to 7
    int hour = 0;
    int minute = 0;
    std::string zone = "UTC";  // the IANA name of the zone whose clock counts

    bool operator==(const Period&) const = default;
};

// A window of time, in seconds since 1970: `start` belongs to it, `end` does not.
struct Window {
    std::int64_t start = 0;
    std::int64_t end = 0;  // 0: never

    bool operator==(const Window&) const = default;
};

}  // namespace bellwether::calendar
