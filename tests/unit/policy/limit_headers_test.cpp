// What upstreams say of their limits, in the forms that they have for it; what makes no sense is
// taken for not said.
#include "policy/upstreams/limit_headers.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace bw::policy {
namespace {

using std::chrono::milliseconds;

TEST(LimitHeaders, ReadsTimesAsGoWritesThemAndAsSeconds) {
    const std::vector<std::pair<std::string_view, milliseconds>> cases{
        {"12ms", milliseconds(12)},       {"1s", milliseconds(1'000)},
        {"6m0s", milliseconds(360'000)},  {"1h2m3.5s", milliseconds(3'723'500)},
        {"0s", milliseconds(0)},          {"1.5", milliseconds(1'500)},
        {"60", milliseconds(60'000)},     {"500us", milliseconds(1)},
        {"1m26.4s", milliseconds(86'400)}};
    for (const auto& [text, time] : cases) EXPECT_EQ(parse_reset(text), time) << text;
}

TEST(LimitHeaders, TakesNonsenseForNotSaid) {
    for (const std::string_view text : {"", "s", "-1s", "1x", "1s ", "soon", "1e9h", "9000h", "nan",
                                        "inf", "1h-2m", "2026-11-27T00:00:00Z"}) {
        EXPECT_EQ(parse_reset(text), std::nullopt) << text;
    }
}

TEST(LimitHeaders, ReadsBothFamilies) {
    const std::vector<net::Header> headers{{"content-type", "application/json"},
                                           {"x-ratelimit-limit-requests", "60"},
                                           {"x-ratelimit-remaining-requests", "59"},
                                           {"x-ratelimit-reset-requests", "1s"},
                                           {"x-ratelimit-limit-tokens", "150000"},
                                           {"x-ratelimit-remaining-tokens", "149984"},
                                           {"x-ratelimit-reset-tokens", "6m0s"},
                                           {"x-ratelimit-remaining-tokens_usage_based", "1"}};
    const SaidLimits said = read_limit_headers(headers);
    EXPECT_TRUE(said.requests.sound());
    EXPECT_EQ(said.requests.remaining, 59);
    EXPECT_EQ(said.requests.reset, milliseconds(1'000));
    EXPECT_TRUE(said.tokens.sound());
    EXPECT_EQ(said.tokens.limit, 150'000);
    EXPECT_EQ(said.tokens.remaining, 149'984);
}

TEST(LimitHeaders, IsNotFooledByPlaceholders) {
    for (const std::string_view amount : {"-1", "0", "", "many", "9999999999999999999"}) {
        const std::vector<net::Header> headers{{"x-ratelimit-limit-requests", amount},
                                               {"x-ratelimit-remaining-requests", "0"},
                                               {"x-ratelimit-reset-requests", "1s"}};
        EXPECT_FALSE(read_limit_headers(headers).requests.sound()) << amount;
    }
    const std::vector<net::Header> headers{{"x-ratelimit-limit-requests", "10"},
                                           {"x-ratelimit-remaining-requests", "0"}};
    EXPECT_FALSE(read_limit_headers(headers).requests.sound()) << "no time is said";
}

}  // namespace
}  // namespace bw::policy
