// How long what a rule counts belongs together, and when it begins anew.
#pragma once

#include <cstdint>
#include <string>

namespace bw::calendar {

enum class Unit : std::uint8_t { minute, hour, day, week, month, none };  // none: never anew

// A unit uses the fields that are smaller than it: a week `day`, `hour` and `minute`.
struct Period {
    Unit unit = Unit::none;
    int day = 1;  // of a month 1 to 31, or its last where it is shorter; of a week 1, Monday, to 7
    int hour = 0;
    int minute = 0;
    std::string zone = "UTC";  // whose clock it is, by its IANA name

    bool operator==(const Period&) const = default;
};

// Seconds since 1970, from `start` to before `end`.
struct Window {
    std::int64_t start = 0;
    std::int64_t end = 0;  // 0: never

    bool operator==(const Window&) const = default;
};

}  // namespace bw::calendar
