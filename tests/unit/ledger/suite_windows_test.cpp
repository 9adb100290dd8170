// Budgets whose windows open and close while calls are in flight, and clocks that jump.
#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

TEST_P(StoreSuite, ALaterWindowBeginsEmpty) {
    const auto now = now_s();
    const Window first{now - 10, now + 10};
    const Window second{now + 10, now + 30};
    const auto id = till().held({budget("b", 100, 100, first)});
    ASSERT_TRUE(id);
    till().settle(*id, {100});
    EXPECT_FALSE(till().held({budget("b", 1, 100, first)}));
    const auto verdict = till().ask({budget("b", 100, 100, second)});
    EXPECT_EQ(verdict.answer, HoldAnswer::held);
    EXPECT_EQ(verdict.standings[0].window, second);
    EXPECT_EQ(verdict.standings[0].used, 0);
}

TEST_P(StoreSuite, AHoldIsSettledIntoItsOwnWindow) {
    const auto now = now_s();
    const Window first{now - 10, now + 10};
    const Window second{now + 10, now + 30};
    const auto early = till().held({budget("b", 60, 100, first)});
    ASSERT_TRUE(early);
    const auto late = till().held({budget("b", 70, 100, second)});
    ASSERT_TRUE(late) << "what the old window holds does not count in the new one";
    EXPECT_EQ(counters("b").size(), 2u);
    till().settle(*early, {90});
    const auto verdict = till().ask({budget("b", 30, 100, second)});
    EXPECT_EQ(verdict.answer, HoldAnswer::held);
    EXPECT_EQ(verdict.standings[0].used, 0);
    EXPECT_EQ(verdict.standings[0].held, 100);
    till().settle(*late, {70});
    const auto present = counter("b");
    EXPECT_EQ(present.window, second);
    EXPECT_EQ(present.used, 70);
    EXPECT_EQ(present.held, 30);
}

TEST_P(StoreSuite, AClockThatWentBackIsCountedInThePresentWindow) {
    const auto now = now_s();
    const Window first{now - 10, now + 10};
    const Window second{now + 10, now + 30};
    ASSERT_TRUE(till().held({budget("b", 60, 100, second)}));
    const auto back = till().ask({budget("b", 40, 100, first)});
    EXPECT_EQ(back.answer, HoldAnswer::held);
    EXPECT_EQ(back.standings[0].window, second);
    EXPECT_EQ(back.standings[0].held, 100);
    EXPECT_FALSE(till().held({budget("b", 1, 100, first)}));
    EXPECT_FALSE(till().held({budget("b", 1, 100, second)}));
}

TEST_P(StoreSuite, AClockThatWentFarAheadOpensOneWindow) {
    const auto now = now_s();
    const Window present{now - 10, now + 10};
    const Window far{now + 100'000'000, now + 100'000'020};
    const auto id = till().held({budget("b", 60, 100, present)});
    ASSERT_TRUE(id);
    ASSERT_TRUE(till().held({budget("b", 100, 100, far)}));
    EXPECT_FALSE(till().held({budget("b", 1, 100, present)})) << "windows only go forward";
    till().settle(*id, {60});
    EXPECT_FALSE(till().held({budget("b", 1, 100, far)}));
}

TEST_P(StoreSuite, ARuleThatBecameLongerKeepsWhatWasUsed) {
    const auto now = now_s();
    const Window day{now - 10, now + 10};
    const Window month{now - 1000, now + 1000};
    const auto settled = till().held({budget("b", 60, 100, day)});
    const auto open = till().held({budget("b", 20, 100, day)});
    ASSERT_TRUE(settled && open);
    till().settle(*settled, {60});
    const auto verdict = till().ask({budget("b", 21, 100, month)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].used, 60);
    EXPECT_EQ(verdict.standings[0].held, 20);
    ASSERT_TRUE(till().held({budget("b", 20, 100, month)}));
    till().settle(*open, {10});
    const auto present = counter("b");
    EXPECT_EQ(present.window, month);
    EXPECT_EQ(present.used, 70);
}

TEST_P(StoreSuite, ARuleThatLostItsWindowKeepsWhatWasUsed) {
    const auto now = now_s();
    const auto id = till().held({budget("b", 60, 100, {now - 10, now + 10})});
    ASSERT_TRUE(id);
    till().settle(*id, {60});
    const auto verdict = till().ask({budget("b", 41, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].used, 60);
}

TEST_P(StoreSuite, ALimitThatWasLoweredRefusesAndTellsTheDebt) {
    const auto id = till().held({budget("b", 60, 100)});
    ASSERT_TRUE(id);
    till().settle(*id, {60});
    const auto verdict = till().ask({budget("b", 1, 50)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].left, -10);
}

TEST_P(StoreSuite, ReportsLeaveOutWindowsThatAreOver) {
    const auto now = now_s();
    const auto id = till().held({budget("b", 60, 100, {now - 10, now + 2})});
    ASSERT_TRUE(id);
    EXPECT_EQ(held("b"), 60);
    advance(std::chrono::seconds(3));
    EXPECT_EQ(held("b"), 60) << "a call of it is in flight";
    till().settle(*id, {60});
    EXPECT_TRUE(counters("b").empty());
    EXPECT_EQ(store().reset("b").value_or(9), 0u);
}

TEST_P(StoreSuite, ResetWithHoldsOfTwoWindowsInFlight) {
    const auto now = now_s();
    const Window first{now - 10, now + 10};
    const Window second{now + 10, now + 30};
    const auto early = till().held({budget("b", 60, 100, first)});
    const auto late = till().held({budget("b", 70, 100, second)});
    ASSERT_TRUE(early && late);
    ASSERT_TRUE(store().reset("b"));
    till().settle(*early, {60});
    till().settle(*late, {70});
    const auto verdict = till().ask({budget("b", 30, 100, second)});
    EXPECT_EQ(verdict.answer, HoldAnswer::held);
    EXPECT_EQ(verdict.standings[0].used, 70);
}

}  // namespace
}  // namespace bellwether::ledger
