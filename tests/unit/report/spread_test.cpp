#include "report/spread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace bellwether::report {
namespace {

TEST(Spread, OfNothingIsNotKnown) {
    const Spread none;
    EXPECT_EQ(none.average_us(), -1);
    EXPECT_EQ(none.percentile_us(50), -1);
}

TEST(Spread, OfOneIsThatOne) {
    for (const std::int64_t us : {std::int64_t{0}, std::int64_t{31}, std::int64_t{812'345},
                                  std::numeric_limits<std::int64_t>::max()}) {
        Spread one;
        one.add(us);
        EXPECT_EQ(one.percentile_us(50), us);
        EXPECT_EQ(one.percentile_us(99), us);
        EXPECT_EQ(one.average_us(), us);
    }
}

TEST(Spread, OfAFewIsTheOneAtThatRank) {
    Spread few;
    for (const std::int64_t us : {1, 2, 3, 4}) few.add(us);
    EXPECT_EQ(few.percentile_us(50), 2);
    EXPECT_EQ(few.percentile_us(51), 3);
    EXPECT_EQ(few.percentile_us(75), 3);
    EXPECT_EQ(few.percentile_us(100), 4);
}

// In one bucket, below its middle and above it.
TEST(Spread, OfAPartThatIsAddedIsStillExactAtItsEnds) {
    for (const std::int64_t us : {790'000, 812'345}) {
        Spread part, whole;
        part.add(us);
        whole.add(part);
        EXPECT_EQ(whole.percentile_us(50), us);
        part.add(us);
        whole.add(part);
        EXPECT_EQ(whole.percentile_us(99), us);
    }
}

TEST(Spread, TakesLessThanZeroForZero) {
    Spread spread;
    spread.add(-5);
    EXPECT_EQ(spread.percentile_us(99), 0);
    EXPECT_EQ(spread.sum_us(), 0);
}

TEST(Spread, HasThePercentilesWithinAThirtieth) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> latency(13, 1.5);
    std::vector<std::int64_t> all;
    Spread spread;
    for (int i = 0; i < 50'000; ++i) {
        all.push_back(static_cast<std::int64_t>(latency(random)));
        spread.add(all.back());
    }
    std::ranges::sort(all);
    for (const int share : {1, 50, 90, 99, 100}) {
        const std::size_t rank = (all.size() * static_cast<std::size_t>(share) + 99) / 100;
        const auto exact = static_cast<double>(all[rank - 1]);
        EXPECT_NEAR(static_cast<double>(spread.percentile_us(share)), exact, exact / 30) << share;
    }
}

TEST(Spread, OfTwoPartsIsThatOfTheWhole) {
    Spread whole, left, right;
    for (int i = 1; i <= 1000; ++i) {
        whole.add(i * 37);
        (i % 3 == 0 ? left : right).add(i * 37);
    }
    left.add(right);
    left.add(Spread());
    for (const int share : {50, 99})
        EXPECT_EQ(left.percentile_us(share), whole.percentile_us(share));
    EXPECT_EQ(left.sum_us(), whole.sum_us());
    EXPECT_EQ(left.count(), 1000);
}

TEST(Spread, EndsAtTheGreatestSum) {
    Spread spread;
    for (int i = 0; i < 3; ++i) spread.add(std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(spread.sum_us(), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace bellwether::report
