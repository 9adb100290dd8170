#include "calendar/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace bellwether::calendar {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t k_minute = 60;
constexpr std::int64_t k_hour = 60 * k_minute;
constexpr std::int64_t k_day = 24 * k_hour;
constexpr std::int64_t k_first_instant = -62'135'596'800;  // the beginning of the year 1
constexpr std::int64_t k_last_instant = 253'402'300'799;   // the end of the year 9999
constexpr std::int64_t k_monday = -3;                      // 29 December 1969, in days since 1970

std::int64_t floored(std::int64_t number, std::int64_t by) {
    return number / by - (number % by < 0 ? 1 : 0);
}

// `Resets` gives each reset of a period a number, and says which local time the zone's clock should
// show at it. The numbers rise by 1 from reset to reset.
class Resets {
  public:
    explicit Resets(const Period& period)
        : period_(period), time_of_day_(period.hour * k_hour + period.minute * k_minute) {}

    // The number of the last reset that is not after the local time.
    std::int64_t number_at(std::int64_t local) const {
        const std::int64_t day = floored(local - time_of_day_, k_day);
        if (period_.unit == Unit::day) return day;
        if (period_.unit == Unit::week) return floored(day - first_day_of_week(), 7);
        const std::chrono::year_month_day date{sys_days(days(day))};
        const std::int64_t month =
            12 * static_cast<int>(date.year()) + static_cast<unsigned>(date.month()) - 1;
        return day_in_month(month) <= day ? month : month - 1;
    }

    std::int64_t local_time_of(std::int64_t number) const {
        return day_of(number) * k_day + time_of_day_;
    }

  private:
    std::int64_t day_of(std::int64_t number) const {
        if (period_.unit == Unit::day) return number;
        if (period_.unit == Unit::week) return number * 7 + first_day_of_week();
        return day_in_month(number);
    }

    std::int64_t first_day_of_week() const { return k_monday + period_.day - 1; }

    // Returns the day of the reset, in days since 1970. `month` counts from January of the year 0.
    std::int64_t day_in_month(std::int64_t month) const {
        const std::chrono::year year(static_cast<int>(floored(month, 12)));
        const std::chrono::month in_year(
            static_cast<unsigned>(month - floored(month, 12) * 12 + 1));
        const auto last = (year / in_year / std::chrono::last).day();
        const auto day = std::min(std::chrono::day(static_cast<unsigned>(period_.day)), last);
        return sys_days(year / in_year / day).time_since_epoch().count();
    }

    const Period& period_;
    std::int64_t time_of_day_;
};

// The search goes back from a later reset to the first that is not after the instant. It begins two
// resets ahead, as a clock that was put back may have shown a later local time before. If the clock
// jumps over several resets, all of them happen at the same instant: the last of them begins the
// window, so that no window is empty.
Window between_resets(const Period& period, const Zone& zone, std::int64_t instant) {
    const Resets resets(period);
    std::int64_t number = resets.number_at(instant + zone.span_at(instant).offset) + 2;
    Window window{.start = zone.instant_of(resets.local_time_of(number)), .end = 0};
    while (window.start > instant) {
        window.end = window.start;
        window.start = zone.instant_of(resets.local_time_of(--number));
    }
    return window;
}

// The window of a fixed length (a minute or an hour). It is cut at a change of the clock, but not
// if the clock changes by a multiple of the length: that leaves the windows where they are.
Window of_length(std::int64_t length, std::int64_t shift, const Zone& zone, std::int64_t instant) {
    const Zone::OffsetSpan span = zone.span_at(instant);
    const std::int64_t ahead = span.offset - shift;
    Window window;
    window.start = floored(instant + ahead, length) * length - ahead;
    window.end = window.start + length;
    const auto changes = [&](std::int64_t other) { return (span.offset - other) % length != 0; };
    if (window.start < span.begin && changes(zone.span_at(span.begin - 1).offset)) {
        window.start = span.begin;
    }
    if (window.end > span.end && changes(zone.span_at(span.end).offset)) window.end = span.end;
    return window;
}

}  // namespace

Window window_at(const Period& period, const Zone& zone, std::int64_t instant) {
    instant = std::clamp(instant, k_first_instant, k_last_instant);
    switch (period.unit) {
        case Unit::none: return {};
        case Unit::minute: return of_length(k_minute, 0, zone, instant);
        case Unit::hour: return of_length(k_hour, period.minute * k_minute, zone, instant);
        case Unit::day:
        case Unit::week:
        case Unit::month: break;
    }
    return between_resets(period, zone, instant);
}

std::string rfc3339(std::int64_t instant, const Zone& zone) {
    instant = std::clamp(instant, k_first_instant + k_day, k_last_instant - k_day);
    const std::int64_t offset = floored(zone.span_at(instant).offset, k_minute);  // in minutes
    const std::int64_t local = instant + offset * k_minute;
    const std::int64_t day = floored(local, k_day);
    const std::int64_t second = local - day * k_day;
    const std::chrono::year_month_day date{sys_days(days(day))};
    std::string text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    second / k_hour, second % k_hour / k_minute, second % k_minute);
    if (offset == 0) return text + "Z";
    const std::int64_t size = offset < 0 ? -offset : offset;
    return text + fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 60, size % 60);
}

std::string rfc3339_of_us(std::int64_t us, const Zone& zone) {
    return rfc3339(seconds_of_us(us), zone);
}

std::int64_t seconds_of_us(std::int64_t us) {
    constexpr std::int64_t k_us = 1'000'000;
    return us / k_us - (us % k_us < 0 ? 1 : 0);
}

}  // namespace bellwether::calendar
