// Rates, on every store: how many are admitted, and when.
#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_P(StoreSuite, ARateGivesItsBurstAtOnce) {
    for (int i = 0; i < 5; ++i) {
        const auto verdict = till().ask({rate("r", 1, 60, 5)});
        EXPECT_EQ(verdict.answer, HoldAnswer::held);
        EXPECT_EQ(verdict.standings[0].left, 4 - i);
    }
    const auto verdict = till().ask({rate("r", 1, 60, 5)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].left, 0);
    EXPECT_LE(verdict.standings[0].wait_us, 1'000'000);
    EXPECT_GT(verdict.standings[0].wait_us, 0);
    EXPECT_LE(verdict.standings[0].full_us, 5'000'000);
}

TEST_P(StoreSuite, TheWaitIsAsLongAsItMustBe) {
    ASSERT_TRUE(till().held({rate("r", 3, 10, 3, 1'000'000)}));
    const auto refused = till().ask({rate("r", 2, 10, 3, 1'000'000)});
    ASSERT_EQ(refused.answer, HoldAnswer::refused);
    const auto wait_us = refused.standings[0].wait_us;
    if (time_stands()) {
        EXPECT_EQ(wait_us, 200'000);
        EXPECT_EQ(refused.standings[0].full_us, 300'000);
        advance(microseconds(wait_us - 1));
        EXPECT_FALSE(till().held({rate("r", 2, 10, 3, 1'000'000)}));
        advance(microseconds(1));
    } else {
        advance(microseconds(wait_us));
    }
    EXPECT_TRUE(till().held({rate("r", 2, 10, 3, 1'000'000)}));
}

TEST_P(StoreSuite, MoreThanABurstNeverFits) {
    const auto verdict = till().ask({rate("r", 6, 60, 5)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].wait_us, -1);
    EXPECT_EQ(verdict.standings[0].left, 5);
}

TEST_P(StoreSuite, ASettlementCorrectsTheRate) {
    const auto id = till().held({rate("tokens", 100, 60, 100)});
    ASSERT_TRUE(id);
    till().settle(*id, {40});
    EXPECT_TRUE(till().held({rate("tokens", 60, 60, 100)}));
    EXPECT_FALSE(till().held({rate("tokens", 50, 60, 100)}));
}

TEST_P(StoreSuite, ASettlementAboveTheClaimIsOwed) {
    const auto id = till().held({rate("tokens", 50, 60, 100)});
    ASSERT_TRUE(id);
    till().settle(*id, {150});
    const auto verdict = till().ask({rate("tokens", 50, 60, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_LE(verdict.standings[0].left, -49);
    EXPECT_GT(verdict.standings[0].wait_us, 98'000'000);
    EXPECT_LE(verdict.standings[0].wait_us, 100'000'000);
}

TEST_P(StoreSuite, ARefusedHoldTakesNothingOfARate) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(till().held({rate("r", 2, 60, 2), budget("b", 2, 1)}));
    }
    EXPECT_TRUE(till().held({rate("r", 2, 60, 2)}));
}

TEST_P(StoreSuite, ResetGivesTheWholeBurstBack) {
    ASSERT_TRUE(till().held({rate("r", 5, 1, 5, 3'600'000'000)}));
    EXPECT_FALSE(till().held({rate("r", 1, 1, 5, 3'600'000'000)}));
    ASSERT_TRUE(store().reset("r"));
    EXPECT_TRUE(till().held({rate("r", 5, 1, 5, 3'600'000'000)}));
}

// Admitted by the time t: the burst, and what the rate gives until then, to the very unit.
TEST_P(StoreSuite, AdmissionsOverTimeAreExact) {
    if (!time_stands()) GTEST_SKIP() << "this store's time cannot be set";
    constexpr std::int64_t k_limit = 700, k_period_us = 60'000'000, k_burst = 13;
    constexpr std::int64_t k_step_us = 17'000;  // five times as often as the rate allows
    std::int64_t admitted = 0, passed_us = 0;
    for (int i = 0; i < 10'000; ++i) {
        if (till().held({rate("r", 1, k_limit, k_burst)})) ++admitted;
        const auto exact = k_burst + passed_us * k_limit / k_period_us;
        ASSERT_LE(admitted, exact);
        if (i > 20) {
            ASSERT_GE(admitted, exact - 1) << "after " << passed_us;
        }
        advance(microseconds(k_step_us));
        passed_us += k_step_us;
    }
}

// Of a rate whose units come faster than the clock counts, and in claims of any size.
TEST_P(StoreSuite, AFastRateIsExactToo) {
    if (!time_stands()) GTEST_SKIP() << "this store's time cannot be set";
    constexpr std::int64_t k_limit = 1'000'000'000, k_period_us = 60'000'000, k_burst = 500'000;
    std::int64_t admitted = 0, passed_us = 0;
    for (int i = 0; i < 5'000; ++i) {
        const std::int64_t amount = 1 + i * 7919 % 40'000;
        if (till().held({rate("r", amount, k_limit, k_burst)})) admitted += amount;
        const auto exact = k_burst + passed_us * (k_limit / k_period_us) + passed_us * 2 / 3;
        ASSERT_LE(admitted, exact + 1);
        if (i > 200) {
            ASSERT_GE(admitted, exact - 60'000) << "a claim and two steps";
        }
        advance(microseconds(500));
        passed_us += 500;
    }
}

TEST_P(StoreSuite, UnusedTimeDoesNotAddUpBeyondTheBurst) {
    if (!time_stands()) GTEST_SKIP() << "this store's time cannot be set";
    ASSERT_TRUE(till().held({rate("r", 1, 60, 3)}));
    advance(std::chrono::hours(1));
    EXPECT_TRUE(till().held({rate("r", 3, 60, 3)}));
    EXPECT_FALSE(till().held({rate("r", 1, 60, 3)}));
}

TEST_P(StoreSuite, AClockThatWentBackDoesNotStopARate) {
    if (!time_stands()) GTEST_SKIP() << "this store's time cannot be set";
    ASSERT_TRUE(till().held({rate("r", 3, 60, 3)}));
    advance(-std::chrono::hours(24));
    EXPECT_FALSE(till().held({rate("r", 1, 60, 3)}));
    advance(std::chrono::seconds(1));
    EXPECT_TRUE(till().held({rate("r", 1, 60, 3)}));
    EXPECT_FALSE(till().held({rate("r", 1, 60, 3)}));
}

TEST_P(StoreSuite, ARuleThatBecameFasterIsNotBoundByItsPast) {
    if (!time_stands()) GTEST_SKIP() << "this store's time cannot be set";
    ASSERT_TRUE(till().held({rate("r", 10, 1, 10)}));  // ten minutes' worth
    EXPECT_FALSE(till().held({rate("r", 1, 600, 10)}));
    advance(milliseconds(100));
    EXPECT_TRUE(till().held({rate("r", 1, 600, 10)}));
}

}  // namespace
}  // namespace bellwether::ledger
