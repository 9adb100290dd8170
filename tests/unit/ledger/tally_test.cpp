// When a counter can go from the table: some time after it counts nothing, by a clock that may be
// set.
#include "ledger/tally.hpp"

#include <gtest/gtest.h>

namespace bellwether::ledger {
namespace {

constexpr std::int64_t k_second_us = 1'000'000;
constexpr std::int64_t k_minute_us = 60 * k_second_us;

class TallyTableTest : public testing::Test {
  protected:
    void add(Measure measure, Window window = {}) {
        const CounterName name{"r", ""};
        table.insert(
            std::make_shared<Tally>(1, measure, name, counter_hash(measure, name), window));
    }
    // Whether it goes, once every bucket was looked at.
    bool sweep(std::int64_t now_us) {
        return !table.sweep(100, {.now_us = now_us, .rate_ns = now_us * 1'000}).empty();
    }

    TallyTable table;
};

TEST(Window, IsOverInTheSecondOfItsEnd) {
    EXPECT_FALSE(is_over({.start = 0, .end = 10}, 10 * k_second_us - 1));
    EXPECT_TRUE(is_over({.start = 0, .end = 10}, 10 * k_second_us));
    EXPECT_FALSE(is_over({}, 10 * k_second_us)) << "one that never ends";
}

TEST_F(TallyTableTest, WhatIsIdleGoesAfterAMinute) {
    add(Measure::concurrency);
    EXPECT_FALSE(sweep(k_minute_us));
    EXPECT_FALSE(sweep(2 * k_minute_us - 1));
    EXPECT_TRUE(sweep(2 * k_minute_us));
}

TEST_F(TallyTableTest, AWindowThatIsOverGoesAfterAnHour) {
    add(Measure::budget, {.start = 0, .end = 1});
    EXPECT_FALSE(sweep(k_minute_us));
    EXPECT_FALSE(sweep(60 * k_minute_us));
    EXPECT_TRUE(sweep(61 * k_minute_us));
}

TEST_F(TallyTableTest, AClockThatWentBackKeepsNothingForLonger) {
    add(Measure::concurrency);
    EXPECT_FALSE(sweep(1'000 * k_minute_us));
    EXPECT_FALSE(sweep(k_minute_us));
    EXPECT_TRUE(sweep(2 * k_minute_us));
}

}  // namespace
}  // namespace bellwether::ledger
