// Stores that have as many counters as they may: no count is forgotten for a newcomer, and what
// counts nothing makes room.
#include <gmock/gmock.h>

#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

using testing::IsEmpty;
using testing::Not;

Claim of(int user, Claim claim) {
    claim.counter.value = "user-" + std::to_string(user);
    return claim;
}

TEST_P(CrowdedStoreSuite, ACounterTooManyIsRefusedAndNoneIsForgotten) {
    const Window window{now_s() - 10, now_s() + 1'000};
    for (int user = 0; user < k_crowd; ++user) {
        const auto id = till().held({of(user, budget("each", 8, 10, window))});
        ASSERT_TRUE(id) << user;
        till().settle(*id, {7});
    }
    for (int stranger = k_crowd; stranger < 20 * k_crowd; ++stranger) {
        const auto verdict = till().ask({of(stranger, budget("each", 1, 10, window))});
        ASSERT_EQ(verdict.answer, HoldAnswer::full);
        EXPECT_THAT(verdict.reason, Not(IsEmpty()));
    }
    const auto all = counters("each");
    ASSERT_EQ(all.size(), std::size_t{k_crowd});
    for (const auto& counter : all) EXPECT_EQ(counter.used, 7) << counter.name.value;
    EXPECT_EQ(till().ask({of(3, budget("each", 4, 10, window))}).answer, HoldAnswer::refused);
    EXPECT_EQ(till().ask({of(3, budget("each", 3, 10, window))}).answer, HoldAnswer::held)
        << "who has a counter is served";
}

TEST_P(CrowdedStoreSuite, WhatIsHeldIsNeverForgotten) {
    const Window window{now_s() - 10, now_s() + 1};
    std::vector<HoldId> ids;
    for (int user = 0; user < k_crowd / 2; ++user) {
        const auto id =
            till().held({of(user, budget("b", 5, 10, window)), of(user, concurrency("c", 1, 1))});
        ASSERT_TRUE(id) << user;
        ids.push_back(*id);
    }
    advance(std::chrono::seconds(2));  // the windows are over, and the calls are not
    const Window later{now_s() - 1, now_s() + 1'000};
    for (int stranger = k_crowd; stranger < 20 * k_crowd; ++stranger) {
        ASSERT_EQ(till().ask({of(stranger, budget("b", 1, 10, later))}).answer, HoldAnswer::full);
        ASSERT_EQ(till().ask({of(stranger, concurrency("c", 1, 1))}).answer, HoldAnswer::full);
    }
    EXPECT_EQ(counters("b").size(), ids.size());
    for (const auto& counter : counters("b")) EXPECT_EQ(counter.held, 5) << counter.name.value;
    EXPECT_EQ(till().ask({of(0, concurrency("c", 1, 1))}).answer, HoldAnswer::refused);
    for (const auto& id : ids) till().settle(id, {5, 0}, "settled");
    EXPECT_EQ(rows().size(), ids.size());
}

TEST_P(CrowdedStoreSuite, WindowsThatAreOverMakeRoomAndOthersStay) {
    const Window brief{now_s() - 10, now_s() + 2};
    const Window lasting{now_s() - 10, now_s() + 1'000};
    for (int user = 0; user < k_crowd; ++user) {
        const bool stays = user % 2 == 0;
        const auto id = till().held({of(user, budget("b", 8, 10, stays ? lasting : brief))});
        ASSERT_TRUE(id);
        till().settle(*id, {8});
    }
    ASSERT_EQ(till().ask({of(k_crowd, budget("b", 8, 10, lasting))}).answer, HoldAnswer::full);
    advance(std::chrono::seconds(3));
    for (int user = k_crowd; user < k_crowd + k_crowd / 2; ++user) {
        const auto id = till().held({of(user, budget("b", 8, 10, lasting))});
        ASSERT_TRUE(id) << user;
        till().settle(*id, {8});
    }
    EXPECT_EQ(till().ask({of(2 * k_crowd, budget("b", 8, 10, lasting))}).answer, HoldAnswer::full);
    ASSERT_EQ(counters("b").size(), std::size_t{k_crowd});
    for (const auto& counter : counters("b")) {
        EXPECT_EQ(counter.used, 8) << counter.name.value;
        EXPECT_EQ(counter.window, lasting) << counter.name.value;
    }
}

TEST_P(CrowdedStoreSuite, CompleteRatesAndWhatNobodyHoldsMakeRoom) {
    for (int user = 0; user < k_crowd / 2; ++user) {
        const auto id = till().held(
            {of(user, rate("r", 1, 1, 5, 1'000'000)), of(user, concurrency("c", 1, 1))});
        ASSERT_TRUE(id) << user;
        till().settle(*id, {1, 1});
    }
    ASSERT_TRUE(store().flush(10'000));
    advance(std::chrono::seconds(2));
    for (int user = k_crowd; user < k_crowd + k_crowd / 2; ++user) {
        const auto verdict = till().ask(
            {of(user, rate("r", 1, 1, 5, 3'600'000'000)), of(user, concurrency("c", 1, 1))});
        ASSERT_EQ(verdict.answer, HoldAnswer::held) << user << verdict.reason;
    }
    const auto verdict = till().ask({of(99, rate("r", 1, 1, 5, 3'600'000'000))});
    EXPECT_EQ(verdict.answer, HoldAnswer::full) << "rates that are owed something stay";
    EXPECT_EQ(till().ask({of(k_crowd, rate("r", 5, 1, 5, 3'600'000'000))}).answer,
              HoldAnswer::refused);
}

TEST_P(CrowdedStoreSuite, ACallWithSeveralNewCountersHasAllOrNone) {
    for (int user = 0; user < k_crowd - 1; ++user) {
        const auto id = till().held({of(user, budget("b", 1, 10))});
        ASSERT_TRUE(id);
        till().settle(*id, {1});
    }
    EXPECT_EQ(till()
                  .ask({of(0, budget("b", 1, 10)), of(50, budget("b", 1, 10)),
                        of(51, budget("b", 1, 10))})
                  .answer,
              HoldAnswer::full);
    EXPECT_EQ(counters("b").size(), std::size_t{k_crowd - 1});
    EXPECT_EQ(used("b", "user-0"), 1);
    EXPECT_TRUE(till().held({of(0, budget("b", 1, 10)), of(50, budget("b", 1, 10))}));
}

// A budget that refuses one call after another must not fill the store with their users.
TEST_P(CrowdedStoreSuite, CallsThatAreRefusedTakeNoRoom) {
    for (int user = 0; user < 10 * k_crowd; ++user) {
        const auto verdict = till().ask({of(user, budget("each", 1, 10)), budget("all", 1, 0)});
        ASSERT_EQ(verdict.answer, HoldAnswer::refused) << user << verdict.reason;
    }
    EXPECT_TRUE(till().held({of(0, budget("each", 1, 10))}));
}

}  // namespace
}  // namespace bellwether::ledger
