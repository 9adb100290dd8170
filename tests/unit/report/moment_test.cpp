#include "report/moment.hpp"

#include <gtest/gtest.h>

#include "calendar/window.hpp"

namespace bellwether::report {
namespace {

constexpr std::int64_t k_now = 1'795'500'000'000'000;
constexpr std::int64_t k_hour_us = 3'600'000'000;

std::optional<std::int64_t> moment(std::string_view text) {
    return parse_moment(text, k_now, calendar::Zone());
}

TEST(Moment, GoesBackFromNow) {
    EXPECT_EQ(moment("now"), k_now);
    EXPECT_EQ(moment("90m"), k_now - 3 * k_hour_us / 2);
    EXPECT_EQ(moment("24h"), k_now - 24 * k_hour_us);
    EXPECT_EQ(moment("7d"), k_now - 168 * k_hour_us);
    EXPECT_EQ(moment("4w"), k_now - 28 * 24 * k_hour_us);
}

TEST(Moment, TakesADayFromItsBeginningInTheZone) {
    EXPECT_EQ(moment("1970-01-02"), 24 * k_hour_us);
    const auto bangkok = calendar::Zone::find("Asia/Bangkok");
    ASSERT_TRUE(bangkok);
    EXPECT_EQ(parse_moment("1970-01-02", k_now, *bangkok), 17 * k_hour_us);
    EXPECT_EQ(calendar::rfc3339_of_us(17 * k_hour_us, *bangkok), "1970-01-02T00:00:00+07:00");
}

TEST(Moment, RefusesWhatIsNoTime) {
    for (const char* text : {"", "d", "7", "7x", "-7d", "7.5d", " 7d", "999999999d", "2026-02-30",
                             "2026-13-01", "0000-01-01", "2026-1-1", "2026-11-0x", "yesterday"}) {
        EXPECT_FALSE(moment(text)) << text;
    }
}

TEST(Moment, NamesEachDayInTheZone) {
    const auto bangkok = calendar::Zone::find("Asia/Bangkok");
    ASSERT_TRUE(bangkok);
    DayNames days(*bangkok);
    EXPECT_EQ(days.of(17 * k_hour_us - 1), "1970-01-01");
    EXPECT_EQ(days.of(17 * k_hour_us), "1970-01-02");
    EXPECT_EQ(days.of(0), "1970-01-01") << "the clock may go back";
    EXPECT_EQ(DayNames(calendar::Zone()).of(-1), "1969-12-31");
}

}  // namespace
}  // namespace bellwether::report
