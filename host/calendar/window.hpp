// A period divides time into windows, which follow one another without a gap: where one ends, the
// counting begins again. Pure functions, for any thread.
#pragma once

#include <cstdint>
#include <string>

#include "calendar/period.hpp"
#include "calendar/zone.hpp"

namespace bellwether::calendar {

// Returns the window that contains the instant. A day, week or month begins when the zone's clock
// first shows the time of its reset, or jumps over that time. So a change of the clock (summer
// time) makes some windows longer or shorter, and a day that the zone leaves out has no window.
// Minutes and hours follow the zone's clock, too; one is cut short only if the clock changes by a
// part of it. The calendar ends with the year 9999.
Window window_at(const Period& period, const Zone& zone, std::int64_t instant);

// The instant as the zone's clock shows it, such as "2026-03-25T00:00:00+07:00".
std::string rfc3339(std::int64_t instant, const Zone& zone);
// The same for microseconds since 1970. The text has whole seconds.
std::string rfc3339_of_us(std::int64_t us, const Zone& zone);

// Whole seconds, rounded down, also for times before 1970.
std::int64_t seconds_of_us(std::int64_t us);

}  // namespace bellwether::calendar
