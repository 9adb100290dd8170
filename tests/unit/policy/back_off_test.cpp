// How long to wait before a target is tried again.
#include "policy/attempts/back_off.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t k_most = 1 << 16;  // draws the whole of a wait; zero draws nothing of it

TEST(BackOff, IsDrawnUpToALimitThatDoubles) {
    const config::Retry retry;
    EXPECT_EQ(back_off(retry, 1, {}, 0), 0s);
    EXPECT_NEAR(static_cast<double>(back_off(retry, 1, {}, k_most).count()), 2e9, 1e6);
    EXPECT_NEAR(static_cast<double>(back_off(retry, 2, {}, k_most).count()), 4e9, 1e6);
    EXPECT_NEAR(static_cast<double>(back_off(retry, 5, {}, k_most).count()), 32e9, 1e6);
    EXPECT_NEAR(static_cast<double>(back_off(retry, 6, {}, k_most).count()), 60e9, 1e6);
    EXPECT_NEAR(static_cast<double>(back_off(retry, 4'000'000, {}, k_most).count()), 60e9, 1e6);
}

TEST(BackOff, TheUpstreamsOwnWaitCountsWithUpToATenthMore) {
    const config::Retry retry;
    EXPECT_EQ(back_off(retry, 1, 300s, 0), 300s) << "even if it is longer than the longest";
    EXPECT_NEAR(static_cast<double>(back_off(retry, 3, 10s, k_most).count()), 11e9, 1e6);
    EXPECT_EQ(back_off(retry, 1, 0ms, 0), 0s);
    EXPECT_GT(back_off(retry, 1, 0ms, k_most), 1s) << "no wait is no answer";
}

}  // namespace
}  // namespace bellwether::policy
