// How many tries of the whole process may be repetitions.
#include "policy/upstreams/retry_budget.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

const Clock::time_point k_begin{1000s};

int taken(SharedRetryBudget& budget, Clock::time_point now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += budget.take(now) ? 1 : 0;
    return count;
}

TEST(SharedRetryBudget, IsAShareOfTheCallsAndANumberASecond) {
    SharedRetryBudget budget({.percent = 20, .per_second = 3});
    EXPECT_EQ(taken(budget, k_begin, 100), 30) << "of ten seconds, without any call";
    EXPECT_EQ(budget.repeats(k_begin), Repeats::spent);
    for (int i = 0; i < 1000; ++i) budget.call(k_begin);
    EXPECT_EQ(budget.repeats(k_begin), Repeats::allowed);
    EXPECT_EQ(taken(budget, k_begin, 1000), 200);
    EXPECT_EQ(budget.taken(), 230U);
    EXPECT_EQ(budget.refused(), 0U) << "to ask is no repetition that was not made";
    budget.count_refused();
    EXPECT_EQ(budget.refused(), 1U);
}

TEST(SharedRetryBudget, ForgetsWhatIsTenSecondsOld) {
    SharedRetryBudget budget({.percent = 50, .per_second = 0});
    for (int i = 0; i < 100; ++i) budget.call(k_begin);
    EXPECT_EQ(taken(budget, k_begin + 9s, 100), 50);
    EXPECT_EQ(taken(budget, k_begin + 10s, 1), 0) << "the calls are forgotten, the repetitions not";
    for (int i = 0; i < 102; ++i) budget.call(k_begin + 10s);
    EXPECT_EQ(taken(budget, k_begin + 10s, 100), 1);
    EXPECT_EQ(taken(budget, k_begin + 19s, 100), 50);
}

TEST(SharedRetryBudget, CanBeOff) {
    SharedRetryBudget budget({.percent = 0, .per_second = 0});
    budget.call(k_begin);
    EXPECT_EQ(budget.repeats(k_begin), Repeats::off);
    EXPECT_FALSE(budget.take(k_begin));
}

// Each repetition that is taken is one that was there, whoever takes it.
TEST(SharedRetryBudget, IsNeverOverspentByThreads) {
    SharedRetryBudget budget({.percent = 0, .per_second = 100});
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 2000; ++k) {
                budget.call(k_begin);
                (void)budget.take(k_begin);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(budget.taken(), 1000U);
}

}  // namespace
}  // namespace bellwether::policy
