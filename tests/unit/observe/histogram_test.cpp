#include "observe/histogram.hpp"

#include <gtest/gtest.h>

namespace bellwether::observe::test {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds k_test_bounds[] = {1ms, 10ms};

TEST(Histogram, ABoundBelongsToItsOwnBucket) {
    Histogram histogram{Bounds(k_test_bounds)};
    histogram.record(0ns);
    histogram.record(1ms);
    histogram.record(1ms + 1ns);
    histogram.record(10ms);
    histogram.record(10ms + 1ns);
    histogram.record(1h);
    EXPECT_EQ(histogram.bucket(0), 2u);
    EXPECT_EQ(histogram.bucket(1), 2u);
    EXPECT_EQ(histogram.bucket(2), 2u);
    EXPECT_EQ(histogram.count(), 6u);
    EXPECT_EQ(histogram.sum(), 1ms + 1ms + 10ms + 10ms + 1h);
}

TEST(Histogram, TheSumIsRoundedAndNotCut) {
    Histogram histogram{Bounds(k_test_bounds)};
    for (int i = 0; i < 10; ++i) histogram.record(700ns);
    EXPECT_EQ(histogram.sum(), 10us);
}

// What 10,000 streams at once take in a year.
TEST(Histogram, TheSumLastsForTheLifeOfAProcess) {
    Histogram histogram{Bounds(k_test_bounds)};
    for (int i = 0; i < 10'000; ++i) histogram.record(24h * 365);
    EXPECT_EQ(histogram.sum(), 10'000 * 24h * 365);
}

TEST(Histogram, ANegativeDurationIsNone) {
    Histogram histogram{Bounds(k_test_bounds)};
    histogram.record(-5s);
    EXPECT_EQ(histogram.bucket(0), 1u);
    EXPECT_EQ(histogram.sum(), 0ns);
}

TEST(Histogram, AddsUp) {
    Histogram first{Bounds(k_test_bounds)};
    Histogram second{Bounds(k_test_bounds)};
    first.record(5ms);
    second.record(5ms);
    second.record(1s);
    first.add(second);
    EXPECT_EQ(first.bucket(1), 2u);
    EXPECT_EQ(first.bucket(2), 1u);
    EXPECT_EQ(first.sum(), 1s + 10ms);
}

TEST(Histogram, TheBoundsRise) {
    for (const Bounds bounds :
         {k_duration_bounds, k_first_token_bounds, k_between_token_bounds, k_overhead_bounds}) {
        ASSERT_LE(bounds.size(), k_bounds_max);
        for (std::size_t i = 1; i < bounds.size(); ++i) EXPECT_LT(bounds[i - 1], bounds[i]);
    }
}

}  // namespace bellwether::observe::test
