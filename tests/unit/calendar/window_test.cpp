// When periods begin anew, over changes of clocks, leap years, short months and ends of years.
#include "calendar/window.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace bellwether::calendar {
namespace {

Zone zone_of(const std::string& name) {
    const auto zone = Zone::find(name);
    EXPECT_TRUE(zone) << name;
    return zone.value_or(Zone());
}

// "2026-03-25T00:00:00" in UTC.
std::int64_t utc(const std::string& text) {
    std::tm time{};
    EXPECT_NE(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time), nullptr) << text;
    return timegm(&time);
}

struct Case {
    Period period;
    std::string at;  // in UTC
    std::string start;
    std::string end;
};

void expect_windows(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        const Zone zone = zone_of(c.period.zone);
        const Window window = window_at(c.period, zone, utc(c.at));
        EXPECT_EQ(rfc3339(window.start, zone), c.start) << c.period.zone << " at " << c.at;
        EXPECT_EQ(rfc3339(window.end, zone), c.end) << c.period.zone << " at " << c.at;
    }
}

Period month(int day, const char* zone, int hour = 0) {
    return {.unit = Unit::month, .day = day, .hour = hour, .zone = zone};
}
Period daily(const char* zone, int hour = 0, int minute = 0) {
    return {.unit = Unit::day, .hour = hour, .minute = minute, .zone = zone};
}

TEST(Window, OfAMonthBeginsOnItsDay) {
    expect_windows({
        {month(25, "Asia/Bangkok"), "2026-03-24T16:59:59", "2026-02-25T00:00:00+07:00",
         "2026-03-25T00:00:00+07:00"},
        {month(25, "Asia/Bangkok"), "2026-03-24T17:00:00", "2026-03-25T00:00:00+07:00",
         "2026-04-25T00:00:00+07:00"},
        {month(1, "UTC"), "2026-12-31T23:59:59", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {month(1, "UTC"), "2027-01-01T00:00:00", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"},
        {month(1, "Asia/Bangkok"), "2026-12-31T17:00:00", "2027-01-01T00:00:00+07:00",
         "2027-02-01T00:00:00+07:00"},
    });
}

TEST(Window, OfAShortMonthBeginsOnItsLastDay) {
    expect_windows({
        {month(31, "UTC"), "2026-02-27T12:00:00", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"},
        {month(31, "UTC"), "2026-02-28T00:00:00", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"},
        {month(31, "UTC"), "2026-04-30T05:00:00", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"},
        {month(30, "UTC"), "2026-02-28T00:00:00", "2026-02-28T00:00:00Z", "2026-03-30T00:00:00Z"},
        {month(29, "UTC"), "2026-02-28T00:00:00", "2026-02-28T00:00:00Z", "2026-03-29T00:00:00Z"},
        {month(29, "UTC"), "2028-02-28T00:00:00", "2028-01-29T00:00:00Z", "2028-02-29T00:00:00Z"},
        {month(29, "UTC"), "2028-02-29T00:00:00", "2028-02-29T00:00:00Z", "2028-03-29T00:00:00Z"},
        {month(31, "UTC"), "2028-02-29T00:00:00", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"},
        {month(30, "UTC"), "2100-02-28T00:00:00", "2100-02-28T00:00:00Z", "2100-03-30T00:00:00Z"},
        {month(28, "UTC"), "2026-02-28T00:00:00", "2026-02-28T00:00:00Z", "2026-03-28T00:00:00Z"},
        {month(31, "UTC"), "2026-12-31T00:00:00", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z"},
    });
}

// 2:00 to 3:00 does not exist on 8 March 2026, and 1:00 to 2:00 exists twice on 1 November.
TEST(Window, OfADayFollowsTheClockOfNewYork) {
    const char* zone = "America/New_York";
    expect_windows({
        {daily(zone), "2026-03-08T12:00:00", "2026-03-08T00:00:00-05:00",
         "2026-03-09T00:00:00-04:00"},
        {daily(zone, 2, 30), "2026-03-08T06:59:59", "2026-03-07T02:30:00-05:00",
         "2026-03-08T03:00:00-04:00"},
        {daily(zone, 2, 30), "2026-03-08T07:00:00", "2026-03-08T03:00:00-04:00",
         "2026-03-09T02:30:00-04:00"},
        {daily(zone, 1, 30), "2026-11-01T05:29:59", "2026-10-31T01:30:00-04:00",
         "2026-11-01T01:30:00-04:00"},
        {daily(zone, 1, 30), "2026-11-01T06:45:00", "2026-11-01T01:30:00-04:00",
         "2026-11-02T01:30:00-05:00"},
        {month(1, zone, 1), "2026-11-01T05:30:00", "2026-11-01T01:00:00-04:00",
         "2026-12-01T01:00:00-05:00"},
        {month(8, zone, 2), "2026-03-08T07:00:00", "2026-03-08T03:00:00-04:00",
         "2026-04-08T02:00:00-04:00"},
    });
}

// The 30th of December 2011 was left out.
TEST(Window, OfADayThatApiaSkippedIsNone) {
    const char* zone = "Pacific/Apia";
    expect_windows({
        {daily(zone), "2011-12-30T09:59:59", "2011-12-29T00:00:00-10:00",
         "2011-12-31T00:00:00+14:00"},
        {daily(zone), "2011-12-30T10:00:00", "2011-12-31T00:00:00+14:00",
         "2012-01-01T00:00:00+14:00"},
        {daily(zone, 12), "2011-12-30T10:00:00", "2011-12-31T00:00:00+14:00",
         "2011-12-31T12:00:00+14:00"},
        {month(30, zone), "2011-12-30T10:00:00", "2011-12-31T00:00:00+14:00",
         "2012-01-30T00:00:00+14:00"},
        {month(31, zone), "2011-12-30T10:00:00", "2011-12-31T00:00:00+14:00",
         "2012-01-31T00:00:00+14:00"},
    });
}

// This clock changes by half an hour: forward at 2:00 on 4 October 2026, back at 2:00 on 5 April.
TEST(Window, FollowsAClockThatChangesByHalfAnHour) {
    const char* zone = "Australia/Lord_Howe";
    const Period hourly{.unit = Unit::hour, .zone = zone};
    expect_windows({
        {daily(zone, 2, 15), "2026-10-03T15:30:00", "2026-10-04T02:30:00+11:00",
         "2026-10-05T02:15:00+11:00"},
        {daily(zone, 1, 45), "2026-04-04T14:50:00", "2026-04-05T01:45:00+11:00",
         "2026-04-06T01:45:00+10:30"},
        {hourly, "2026-10-03T15:30:00", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"},
        {hourly, "2026-04-04T15:00:00", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"},
        {hourly, "2026-04-04T14:59:59", "2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30"},
    });
}

TEST(Window, OfAWeekBeginsOnItsDay) {
    const auto weekly = [](int day, int hour) {
        return Period{.unit = Unit::week, .day = day, .hour = hour, .zone = "Europe/Lisbon"};
    };
    expect_windows({
        {weekly(1, 0), "2026-03-25T12:00:00", "2026-03-23T00:00:00Z", "2026-03-30T00:00:00+01:00"},
        {weekly(7, 1), "2026-03-29T00:59:59", "2026-03-22T01:00:00Z", "2026-03-29T02:00:00+01:00"},
        {weekly(7, 1), "2026-03-29T01:00:00", "2026-03-29T02:00:00+01:00",
         "2026-04-05T01:00:00+01:00"},
        {weekly(4, 6), "2027-01-01T00:00:00", "2026-12-31T06:00:00Z", "2027-01-07T06:00:00Z"},
        {weekly(1, 0), "1969-12-31T00:00:00", "1969-12-29T00:00:00+01:00",
         "1970-01-05T00:00:00+01:00"},
    });
}

TEST(Window, OfAnHourHasItsLengthWhenTheClockChangesByOne) {
    const Period hourly{.unit = Unit::hour, .zone = "America/New_York"};
    const Period kolkata{.unit = Unit::hour, .zone = "Asia/Kolkata"};
    const Period late{.unit = Unit::hour, .minute = 40, .zone = "America/New_York"};
    const Period minutely{.unit = Unit::minute};
    expect_windows({
        {hourly, "2026-11-01T06:30:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"},
        {hourly, "2026-03-08T06:30:00", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"},
        {late, "2026-03-08T07:10:00", "2026-03-08T01:40:00-05:00", "2026-03-08T03:40:00-04:00"},
        {kolkata, "2026-03-08T06:29:59", "2026-03-08T11:00:00+05:30", "2026-03-08T12:00:00+05:30"},
        {minutely, "2026-03-08T06:29:59", "2026-03-08T06:29:00Z", "2026-03-08T06:30:00Z"},
    });
}

TEST(Window, OfNoPeriodNeverEnds) {
    EXPECT_EQ(window_at({}, Zone(), 1'774'000'000), (Window{.start = 0, .end = 0}));
}

TEST(Window, ClampsWhatIsBeyondTheCalendar) {
    for (const auto unit : {Unit::minute, Unit::hour, Unit::day, Unit::week, Unit::month}) {
        for (const char* name : {"UTC", "America/New_York"}) {
            const Period period{.unit = unit, .day = 7, .zone = name};
            const Zone zone = zone_of(name);
            for (const std::int64_t instant : {INT64_MIN, INT64_MAX}) {
                const Window window = window_at(period, zone, instant);
                EXPECT_LT(window.start, window.end);
                EXPECT_FALSE(rfc3339(instant, zone).empty());
            }
        }
    }
}

// Where the rules of a zone have no end, the last that the system's file lists go on.
TEST(Window, KnowsYearsToCome) {
    expect_windows({{month(1, "Asia/Bangkok"), "2075-06-15T00:00:00", "2075-06-01T00:00:00+07:00",
                     "2075-07-01T00:00:00+07:00"}});
}

Period random_period(std::mt19937& random) {
    constexpr const char* k_zones[] = {"UTC",
                                       "Asia/Bangkok",
                                       "America/New_York",
                                       "Pacific/Apia",
                                       "Australia/Lord_Howe",
                                       "Europe/Lisbon",
                                       "Asia/Kolkata",
                                       "America/St_Johns",
                                       "Pacific/Kwajalein",
                                       "Africa/Monrovia",
                                       "America/Caracas",
                                       "Antarctica/Troll"};
    Period period;
    period.unit = static_cast<Unit>(random() % 5);
    period.day = 1 + static_cast<int>(random() % (period.unit == Unit::week ? 7 : 31));
    period.hour = static_cast<int>(random() % 24);
    period.minute = static_cast<int>(random() % 60);
    period.zone = k_zones[random() % std::size(k_zones)];
    return period;
}

// Every instant lies in its window, each window ends where the next begins, and all instants of a
// window have the same one.
TEST(Window, WindowsTileTime) {
    std::mt19937 random(20260301);
    for (int round = 0; round < 4'000; ++round) {
        const Period period = random_period(random);
        const Zone zone = zone_of(period.zone);
        // Mostly near a change of the clock, where it could go wrong.
        std::int64_t instant = -1'500'000'000 + static_cast<std::int64_t>(random()) % 4'000'000'000;
        const auto span = zone.span_at(instant);
        if (random() % 4 != 0 && span.begin > -2'000'000'000) {
            instant = span.begin - 200'000 + static_cast<std::int64_t>(random() % 400'000);
        }
        Window window = window_at(period, zone, instant);
        ASSERT_LE(window.start, instant);
        ASSERT_GT(window.end, instant);
        for (int step = 0; step < 6; ++step) {
            const std::string where = period.zone + " " + rfc3339(window.start, zone);
            ASSERT_LT(window.start, window.end) << where;
            ASSERT_EQ(window_at(period, zone, window.start), window) << where;
            ASSERT_EQ(window_at(period, zone, window.end - 1), window) << where;
            const auto inside =
                window.start + static_cast<std::int64_t>(random()) % (window.end - window.start);
            ASSERT_EQ(window_at(period, zone, inside), window) << where;
            const Window next = window_at(period, zone, window.end);
            ASSERT_EQ(next.start, window.end) << where;
            window = next;
        }
    }
}

}  // namespace
}  // namespace bellwether::calendar
