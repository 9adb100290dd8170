// What plugins tell of their upstreams' limits.
#include "plugin/said_limits.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "plugin/instance.hpp"

namespace bellwether::plugin {
namespace {

SaidLimits said(const std::vector<bw_limit>& all) {
    bw_limits told{};
    told.size = sizeof told;
    told.limits = all.data();
    told.count = all.size();
    return said_limits_of(told);
}

TEST(SaidLimits, AreThoseOfRequestsAndTokens) {
    const auto limits = said({{str("requests"), 60, 59, 1'000}, {str("tokens"), 1'000, 0, 5'000}});
    EXPECT_EQ(limits.requests.remaining, 59);
    EXPECT_EQ(limits.requests.reset.count(), 1'000);
    EXPECT_EQ(limits.tokens.limit, 1'000);
    EXPECT_EQ(limits.tokens.remaining, 0);
}

TEST(SaidLimits, OfSeveralOfTokensTheScarcestCounts) {
    const auto limits =
        said({{str("input_tokens"), 1'000, 900, 1}, {str("output_tokens"), 100, 10, 2}});
    EXPECT_EQ(limits.tokens.limit, 100);
    const auto all = said({{str("tokens"), 9, 9, 9}, {str("input_tokens"), 7, 0, 1}});
    EXPECT_EQ(all.tokens.limit, 7);
}

TEST(SaidLimits, NonsenseIsNotSaid) {
    const auto limits = said({{str("requests"), 0, 0, 0},
                              {str("tokens"), 10, -1, 5},
                              {str("tokens"), 10, 5, -5},
                              {str("images"), 1, 1, 1}});
    EXPECT_FALSE(limits.requests.sound());
    EXPECT_FALSE(limits.tokens.sound());
}

}  // namespace
}  // namespace bellwether::plugin
