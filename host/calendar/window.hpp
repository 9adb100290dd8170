// When a period begins anew: windows of time that follow one another without a gap. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "calendar/period.hpp"
#include "calendar/zone.hpp"

namespace bw::calendar {

// The window that the instant lies in. Days, weeks and months begin when the zone's clock first
// shows their reset, or jumps over it; so the clocks' changes make some of them longer or shorter,
// and a day that the zone leaves out has no window. Minutes and hours follow the zone's clock, and
// are cut short only where it changes by a part of them. The calendar ends with the year 9999.
Window window_at(const Period& period, const Zone& zone, std::int64_t instant);

// "2026-03-25T00:00:00+07:00", as the zone's clock shows the instant.
std::string rfc3339(std::int64_t instant, const Zone& zone);
// The same of microseconds since 1970: the part of a second is left out.
std::string rfc3339_of_us(std::int64_t us, const Zone& zone);

// Rounded down, before 1970 too.
std::int64_t seconds_of_us(std::int64_t us);

}  // namespace bw::calendar
