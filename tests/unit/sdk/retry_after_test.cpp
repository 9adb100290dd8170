// How long an upstream wants to be left alone, in every form, and never by an absurd figure.
#include <bellwether/http/retry_after.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using std::chrono::milliseconds;
using Headers = std::map<std::string, std::string, std::less<>>;

constexpr milliseconds k_now{1'767'225'600'000};  // 2026-01-01T00:00:00Z
constexpr std::int64_t k_day_ms = 86'400'000;
constexpr std::int64_t k_longest_ms = 31 * k_day_ms;

std::int64_t wait_ms(const Headers& headers, std::string_view body = {}) {
    const auto lookup = [&](std::string_view name) -> std::string_view {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : found->second;
    };
    return bw::retry_after(lookup, body, k_now).value_or(milliseconds(-1)).count();
}

TEST(RetryAfter, ReadsMillisecondsBeforeSeconds) {
    EXPECT_EQ(wait_ms({{"retry-after-ms", "250"}, {"retry-after", "9"}}), 250);
    EXPECT_EQ(wait_ms({{"retry-after-ms", "0.5"}}), 1);
    EXPECT_EQ(wait_ms({{"retry-after-ms", "0"}, {"retry-after", "9"}}), 9'000);
    EXPECT_EQ(wait_ms({{"retry-after", "1.5"}}), 1'500);
}

TEST(RetryAfter, CountsADateFromTheDateOfTheResponse) {
    EXPECT_EQ(wait_ms({{"retry-after", "Thu, 01 Jan 2026 00:00:30 GMT"}}), 30'000);
    EXPECT_EQ(wait_ms({{"retry-after", "Thu, 01 Jan 2026 05:00:30 GMT"},
                       {"date", "Thu, 01 Jan 2026 05:00:00 GMT"}}),
              30'000);
    EXPECT_EQ(wait_ms({{"retry-after", "Wed, 31 Dec 2025 23:59:59 GMT"}}), -1);
}

TEST(RetryAfter, WaitsForTheLastOfAnthropicsLimitsThatIsUsedUp) {
    const std::string prefix = "anthropic-ratelimit-";
    EXPECT_EQ(wait_ms({{prefix + "requests-remaining", "0"},
                       {prefix + "requests-reset", "2026-01-01T00:00:05Z"},
                       {prefix + "input-tokens-remaining", "0"},
                       {prefix + "input-tokens-reset", "2026-01-01T07:00:07.5+07:00"},
                       {prefix + "tokens-remaining", "100"},
                       {prefix + "tokens-reset", "2026-01-01T00:01:00Z"}}),
              7'500);
    EXPECT_EQ(wait_ms({{prefix + "requests-reset", "2026-01-01T00:00:05Z"},
                       {prefix + "tokens-reset", "2026-01-01T00:00:03Z"}}),
              3'000)
        << "no limit says that it is used up";
    EXPECT_EQ(wait_ms({{"retry-after", "2"}, {prefix + "tokens-reset", "2026-01-01T00:01:00Z"}}),
              2'000);
}

TEST(RetryAfter, ReadsGooglesRetryInfo) {
    EXPECT_EQ(wait_ms({}, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}]}})"),
              3'500);
    EXPECT_EQ(wait_ms({}, R"({"retryDelay": "0s"})"), -1);
}

TEST(RetryAfter, ReadsTheWordsOfABodyWhereTheHeadersSayNothing) {
    EXPECT_EQ(wait_ms({{"retry-after", "soon"}}, "Please try again in 1m30.5s."), 90'500);
    EXPECT_EQ(wait_ms({{"retry-after", "4"}}, "Please try again in 20s."), 4'000);
    EXPECT_EQ(wait_ms({}, "try again later"), -1);
}

TEST(RetryAfter, PassesOverWhatIsNoTime) {
    for (const char* const text : {"-5", "0", "nan", "inf", "1e9", "5, 6", "5.", ".5", "5s", "",
                                   "Wed, 31 Dec 2025 00:00:00 GMT"}) {
        EXPECT_EQ(wait_ms({{"retry-after", text}}), -1) << text;
        EXPECT_EQ(wait_ms({{"retry-after-ms", text}}), -1) << text;
    }
    for (const char* const text :
         {"2025-12-31T23:59:59Z", "2026-01-01 00:00:05", "2026-13-01T00:00:05Z",
          "2026-01-01T00:00:05.Z", "2026-01-01T00:00:05+0700", "0000-00-00T00:00:00Z", "9"}) {
        EXPECT_EQ(wait_ms({{"anthropic-ratelimit-tokens-reset", text}}), -1) << text;
    }
    for (const char* const text : {"1e9", "5x", "0s", "-5s", "soon"}) {
        EXPECT_EQ(wait_ms({}, R"({"retry_after":")" + std::string(text) + "\"}"), -1) << text;
    }
}

TEST(RetryAfter, CountsAWaitThatIsTooLongAsTheLongest) {
    EXPECT_EQ(wait_ms({{"retry-after", "86401"}}), 86'401'000) << "a day is not the longest";
    EXPECT_EQ(wait_ms({{"retry-after", "2678400"}}), k_longest_ms);
    for (const char* const text :
         {"2678401", "99999999999999999999", "Fri, 01 Jan 2027 00:00:00 GMT",
          "Friday, 01-Jan-27 00:00:00 GMT", "Fri Jan  1 00:00:00 2027"}) {
        EXPECT_EQ(wait_ms({{"retry-after", text}}), k_longest_ms) << text;
    }
    for (const char* const text : {"2026-02-01T00:00:00Z", "9999-12-31T23:59:60Z"}) {
        EXPECT_EQ(wait_ms({{"anthropic-ratelimit-tokens-reset", text}}), k_longest_ms) << text;
    }
    EXPECT_EQ(wait_ms({}, R"({"retryDelay":"99999999999999999999s"})"), k_longest_ms);
}

TEST(RetryAfter, KnowsUnitsByTheirNames) {
    const auto wait = [](const std::string& words) {
        return wait_ms({}, "Please try again in " + words);
    };
    EXPECT_EQ(wait("2d"), 2 * k_day_ms);
    EXPECT_EQ(wait("6d12h."), 6 * k_day_ms + k_day_ms / 2);
    EXPECT_EQ(wait("3 days"), 3 * k_day_ms);
    EXPECT_EQ(wait("1 minute 30 seconds."), 90'000);
    EXPECT_EQ(wait("1 hr 5 mins"), 3'900'000);
    EXPECT_EQ(wait("250 Milliseconds"), 250);
    EXPECT_EQ(wait("20s 5 times"), 20'000);
    EXPECT_EQ(wait("20, or later"), 20'000) << "without a unit it counts seconds";
    EXPECT_EQ(wait("20 or more"), 20'000);
    EXPECT_EQ(wait("3 months"), 3'000) << "a word that is no unit is none";
}

TEST(RetryAfter, TakesTheLongestOfSeveral) {
    struct Reply {
        std::vector<std::string_view> headers(std::string_view name) const {
            if (name == "retry-after") return {"x", "3", "Thu, 01 Jan 2026 00:00:30 GMT", "7"};
            return {};
        }
        std::string_view header(std::string_view) const { return {}; }
    };
    EXPECT_EQ(bw::retry_after(Reply(), "", k_now), milliseconds(30'000));
}

// An object with a function `header`, as bw::Head is, will do as well.
TEST(RetryAfter, TakesWhateverHasHeaders) {
    struct Reply {
        std::string_view header(std::string_view name) const {
            return name == "retry-after" ? "3" : "";
        }
    };
    EXPECT_EQ(bw::retry_after(Reply(), "", k_now), milliseconds(3'000));
}

TEST(RetryAfter, IsWithinItsBoundsWhateverComes) {
    std::mt19937 random(11);
    constexpr std::string_view k_letters = "0123456789.:-+TZGMT eEsmh\"retryDelay";
    const auto text = [&] {
        std::string out;
        for (auto left = random() % 40; left > 0; --left)
            out += k_letters[random() % k_letters.size()];
        return out;
    };
    for (int round = 0; round < 20'000; ++round) {
        const auto wait = wait_ms({{"retry-after-ms", text()},
                                   {"retry-after", text()},
                                   {"date", text()},
                                   {"anthropic-ratelimit-tokens-reset", "2026-01-" + text()}},
                                  "\"retryDelay\":\"" + text());
        ASSERT_TRUE(wait == -1 || (wait > 0 && wait <= k_longest_ms)) << wait;
    }
}

}  // namespace
