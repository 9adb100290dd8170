// Rates as time: to the nanosecond, rounded so that nobody gains.
#include "ledger/gcra.hpp"

#include <gtest/gtest.h>

namespace bellwether::ledger {
namespace {

Claim claim_of(std::int64_t amount, std::int64_t limit, std::int64_t period_us,
               std::int64_t burst) {
    return {.measure = Measure::rate,
            .amount = amount,
            .limit = limit,
            .period_us = period_us,
            .burst = burst};
}

TEST(Gcra, APartOfANanosecondIsAWholeOne) {
    EXPECT_EQ(worth_ns(claim_of(1, 3, 1'000'000, 3), 1), 333'333'334);
    EXPECT_EQ(worth_ns(claim_of(1, 4, 1'000'000, 4), 1), 250'000'000);
}

TEST(Gcra, WhatIsWorthMoreThanAnybodyWaitsIsBounded) {
    EXPECT_EQ(worth_ns(claim_of(1, 1, 1'000'000'000'000, 1), 1'000'000'000'000),
              std::int64_t{1} << 61);
}

TEST(Gcra, ABurstIsOneAtLeast) {
    EXPECT_TRUE(fits({}, claim_of(1, 1, 1'000'000, 0), 5));
    EXPECT_EQ(standing({}, claim_of(1, 1, 1'000'000, 0), 5, false).left, 1);
}

}  // namespace
}  // namespace bellwether::ledger
