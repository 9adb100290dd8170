// The limits that upstreams tell, in both of their forms; and what goes into a URL.
#include <bellwether/http/limits.hpp>
#include <bellwether/http/percent.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using std::chrono::milliseconds;
using Headers = std::map<std::string, std::string, std::less<>>;

constexpr milliseconds k_now{1'767'225'600'000};  // 2026-01-01T00:00:00Z

std::vector<bw::Limit> limits(const Headers& headers) {
    const auto lookup = [&](std::string_view name) -> std::string_view {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : found->second;
    };
    return bw::limits_of_headers(lookup, k_now);
}

Headers anthropic(const std::string& limit, const std::string& remaining,
                  const std::string& reset) {
    return {{"anthropic-ratelimit-output-tokens-limit", limit},
            {"anthropic-ratelimit-output-tokens-remaining", remaining},
            {"anthropic-ratelimit-output-tokens-reset", reset}};
}

TEST(Limits, CountsAnthropicsFromNowOrFromTheDateOfTheResponse) {
    Headers headers = anthropic("80000", "79000", "2026-01-01T00:00:02.5Z");
    auto told = limits(headers);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].name, "output_tokens");
    EXPECT_EQ(told[0].limit, 80'000);
    EXPECT_EQ(told[0].remaining, 79'000);
    EXPECT_EQ(told[0].reset.count(), 2'500);
    headers["date"] = "Thu, 01 Jan 2026 00:00:02 GMT";
    EXPECT_EQ(limits(headers)[0].reset.count(), 500);
}

TEST(Limits, CountsOpenAIsDurations) {
    const auto told = limits({{"x-ratelimit-limit-requests", "60"},
                              {"x-ratelimit-remaining-requests", "0"},
                              {"x-ratelimit-reset-requests", "6m0.5s"},
                              {"x-ratelimit-limit-tokens", "9000"},
                              {"x-ratelimit-remaining-tokens", "8999"}});
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].name, "requests");
    EXPECT_EQ(told[0].remaining, 0);
    EXPECT_EQ(told[0].reset.count(), 360'500);
    EXPECT_EQ(told[1].name, "tokens");
    EXPECT_EQ(told[1].reset.count(), 0);
}

TEST(Limits, MakesNothingOfWhatIsNoFigure) {
    EXPECT_TRUE(limits({}).empty());
    for (const char* odd : {"", "-1", "many", "1.5", "99999999999999999999", "5, 6"}) {
        EXPECT_TRUE(limits(anthropic(odd, "1", "2026-01-01T00:00:02Z")).empty()) << odd;
        EXPECT_TRUE(limits(anthropic("1", odd, "2026-01-01T00:00:02Z")).empty()) << odd;
    }
    for (const char* odd : {"", "soon", "2025-01-01T00:00:00Z", "0000-00-00T00:00:00Z"}) {
        EXPECT_EQ(limits(anthropic("9", "1", odd))[0].reset.count(), 0) << odd;
    }
    EXPECT_EQ(limits(anthropic("9", "1", "9999-01-01T00:00:00Z"))[0].reset,
              std::chrono::hours(31 * 24));
}

TEST(Percent, LeavesOnlyWhatIsUnreserved) {
    EXPECT_EQ(bw::percent_encoded("az-AZ_09.~"), "az-AZ_09.~");
    EXPECT_EQ(bw::percent_encoded("a b/c?&=%\n\xff"), "a%20b%2Fc%3F%26%3D%25%0A%FF");
    EXPECT_EQ(bw::percent_encoded(""), "");
}

}  // namespace
