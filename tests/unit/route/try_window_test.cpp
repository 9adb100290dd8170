#include "route/try_window.hpp"

#include <gtest/gtest.h>

namespace bellwether::route {
namespace {

using std::chrono::seconds;

constexpr Clock::time_point k_start{std::chrono::hours(1)};

TEST(TryWindow, CountsWhatIsWithinIt) {
    TryWindow window(seconds(30));
    for (int i = 0; i < 3; ++i) window.failed(k_start);
    window.succeeded(k_start + seconds(20));
    const auto counted = [&](seconds after) {
        const auto tries = window.counted(k_start + after);
        return std::pair(tries.failed, tries.all);
    };
    EXPECT_EQ(counted(seconds(20)), std::pair(3UL, 4UL));
    EXPECT_EQ(counted(seconds(26)), std::pair(3UL, 4UL));
    EXPECT_EQ(counted(seconds(31)), std::pair(0UL, 1UL));
    EXPECT_EQ(counted(seconds(51)), std::pair(0UL, 0UL));
    EXPECT_EQ(counted(std::chrono::hours(1000)), std::pair(0UL, 0UL));
}

TEST(TryWindow, ReusesTheBucketsOfBefore) {
    TryWindow window(seconds(10));
    for (int second = 0; second < 100; ++second) {
        window.failed(k_start + seconds(second));
        window.succeeded(k_start + seconds(second));
        EXPECT_EQ(window.counted(k_start + seconds(second)).all, 2 * std::min(second + 1UL, 10UL));
    }
    window.clear();
    EXPECT_EQ(window.counted(k_start + seconds(99)).all, 0U);
}

// Whatever falls upon one bucket, its counts stay within their bits and their ratio stays right.
TEST(TryWindow, KeepsTheRatioOfMoreTriesThanABucketCanCount) {
    TryWindow window(seconds(10));
    for (std::uint64_t i = 0; i < 5 * TryWindow::k_bucket_count_max; ++i) {
        i % 4 == 0 ? window.failed(k_start) : window.succeeded(k_start);
    }
    const auto tries = window.counted(k_start);
    EXPECT_GT(tries.all, TryWindow::k_bucket_count_max / 2);
    EXPECT_NEAR(static_cast<double>(tries.failed) / static_cast<double>(tries.all), 0.25, 0.001);
}

}  // namespace
}  // namespace bellwether::route
