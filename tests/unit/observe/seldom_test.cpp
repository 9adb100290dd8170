#include "observe/seldom.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bellwether::observe::test {

using namespace std::chrono_literals;

constexpr Seldom::Clock::time_point k_start{1h};

TEST(Seldom, LetsTheFirstThroughAndThenOneAfterEachPause) {
    Seldom seldom(1min);
    EXPECT_TRUE(seldom.may(k_start));
    EXPECT_FALSE(seldom.may(k_start));
    EXPECT_FALSE(seldom.may(k_start + 59s));
    EXPECT_TRUE(seldom.may(k_start + 60s));
    EXPECT_FALSE(seldom.may(k_start + 61s));
    EXPECT_TRUE(seldom.may(k_start + 10min));
}

TEST(Seldom, OfManyThreadsLetsOneThrough) {
    Seldom seldom(1min);
    std::atomic<int> through = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 1'000; ++n) through += seldom.may(k_start) ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(through, 1);
}

}  // namespace bellwether::observe::test
