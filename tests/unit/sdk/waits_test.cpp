// How the wait that an upstream asks for is read from its headers.
#include <string>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;

constexpr std::int64_t k_longest_wait_ms = std::int64_t{31} * 24 * 3600 * 1000;

std::string slow(std::string_view message = "slow") {
    return R"({"error":{"code":"limit_requests","message":)" + bw::json::quote(message) + "}}";
}

class Waits : public PluginTest {
  protected:
    Waits() : PluginTest("holysheep") {}
    Failed fail(std::uint32_t status, const std::string& body, Headers headers = {}) {
        const Result result = call(complete("qwen-max"), {status, std::move(headers), body});
        EXPECT_TRUE(result.error) << body;
        return result.error.value_or(Failed{});
    }
};

// A wait of more than a day was taken for no hint at all.
TEST_F(Waits, AWaitOfMoreThanADayIsKept) {
    const auto wait = [&](const char* name, const std::string& text) {
        return fail(429, slow(), {{name, text}}).retry_after_ms;
    };
    EXPECT_EQ(wait("retry-after", "86400"), 86'400'000);
    EXPECT_EQ(wait("retry-after", "100000"), 100'000'000);
    EXPECT_EQ(wait("retry-after", "2678400"), k_longest_wait_ms);
    EXPECT_EQ(wait("retry-after-ms", "604800000"), 604'800'000);
    for (const std::string& text :
         {std::string("2678401"), std::string("99999999999999999999"), std::string(400, '9'),
          std::string(400, '9') + ".5", std::string("Sun, 06 Nov 2044 08:49:37 GMT")}) {
        EXPECT_EQ(wait("retry-after", text), k_longest_wait_ms) << text;
    }
    EXPECT_EQ(wait("retry-after-ms", std::string(400, '9')), k_longest_wait_ms);
    EXPECT_EQ(fail(429, slow("Please try again in 100000s.")).retry_after_ms, 100'000'000);
}

// The beginning of what is no number was taken for one: "1e9" for 1 s.
TEST_F(Waits, AHintThatIsNoNumberIsNone) {
    const auto wait = [&](Headers headers) {
        return fail(429, slow(), std::move(headers)).retry_after_ms;
    };
    for (const char* text : {"1e300", "1e9", "5x", "5, 6", "5 6", "5.", ".5", "1.5.5", "+5", "0x5",
                             "inf", "nan", "5s", "1,5", "0.0", "000"}) {
        EXPECT_EQ(wait({{"retry-after", text}}), 0) << text;
        EXPECT_EQ(wait({{"retry-after-ms", text}}), 0) << text;
        EXPECT_EQ(wait({{"retry-after-ms", text}, {"retry-after", "7"}}), 7'000) << text;
    }
    EXPECT_EQ(wait({{"retry-after", "0." + std::string(400, '0') + "1"}}), 0);
    EXPECT_EQ(wait({{"retry-after", "0005"}}), 5'000);
}

TEST_F(Waits, OfSeveralHintsTheLongestCounts) {
    const auto wait = [&](Headers headers) {
        return fail(429, slow(), std::move(headers)).retry_after_ms;
    };
    EXPECT_EQ(wait({{"retry-after", "1"}, {"retry-after", "100"}}), 100'000);
    EXPECT_EQ(wait({{"retry-after", "100"}, {"retry-after", "1"}}), 100'000);
    EXPECT_EQ(wait({{"retry-after", "x"}, {"retry-after", "3"}, {"retry-after", "0"}}), 3'000);
    EXPECT_EQ(wait({{"retry-after", "3"}, {"retry-after", "Thu, 01 Jan 2026 00:00:30 GMT"}}),
              30'000);
    EXPECT_EQ(wait({{"retry-after-ms", "5"}, {"retry-after-ms", "70"}, {"retry-after", "9"}}), 70);
}

// RFC 9110, 5.6.7: a recipient accepts the two older forms as well.
TEST_F(Waits, DatesInTheOlderFormsAreRead) {
    const auto wait = [&](const char* text) {
        return fail(429, slow(), {{"retry-after", text}}).retry_after_ms;
    };
    EXPECT_EQ(wait("Thursday, 01-Jan-26 00:00:30 GMT"), 30'000);
    EXPECT_EQ(wait("Thu Jan  1 00:00:30 2026"), 30'000);
    EXPECT_EQ(wait("Mon Jan 12 00:00:00 2026"), 11 * 86'400'000LL);
    EXPECT_EQ(wait("Sunday, 06-Nov-44 08:49:37 GMT"), k_longest_wait_ms);
    EXPECT_EQ(wait("Sunday, 06-Nov-94 08:49:37 GMT"), 0);  // 1994
    for (const char* text : {"Thursday, 01-Jan-26 00:00:30", "Thursday 01-Jan-26 00:00:30 GMT",
                             "Thu Jan  1 00:00:30 2026 GMT", "Thu Jan 1 00:00:30 2026",
                             "Thu Foo  1 00:00:30 2026", "Thu, 01 Jan 2026 24:00:00 GMT",
                             "Thu, 00 Jan 2026 00:00:30 GMT", "Thu, -1 Jan 2026 00:00:30 GMT",
                             "Thu; 01 Jan 2026 00:00:30 GMT", ", 01-Jan-26 00:00:30 GMT"}) {
        EXPECT_EQ(wait(text), 0) << text;
    }
}

}  // namespace
