#include "report/usage_question.hpp"

#include <gtest/gtest.h>

namespace bellwether::report {
namespace {

constexpr std::int64_t k_now_us = 1'795'500'000'000'000;
constexpr std::int64_t k_day_us = 86'400'000'000;

TEST(UsageQuestion, IsAboutTheModelsOfThirtyDaysUnlessItSaysMore) {
    const auto question = parse_usage({}, k_now_us);
    ASSERT_TRUE(question);
    EXPECT_EQ(question->by, Grouping::model);
    EXPECT_EQ(question->span.since_us, k_now_us - 30 * k_day_us);
    EXPECT_EQ(question->span.until_us, ledger::TimeSpan().until_us);
    EXPECT_EQ(question->top, k_groups_max);
}

TEST(UsageQuestion, TakesDaysInItsZone) {
    const auto question = parse_usage({.by = "user",
                                       .since = "1970-01-02",
                                       .until = "1970-01-03",
                                       .zone = "Asia/Bangkok",
                                       .top = "5"},
                                      k_now_us);
    ASSERT_TRUE(question);
    EXPECT_EQ(question->span.until_us - question->span.since_us, k_day_us);
    EXPECT_EQ(question->span.since_us, k_day_us - 7 * k_day_us / 24);
    EXPECT_EQ(question->top, 5u);
}

TEST(UsageQuestion, SaysWhichWordIsWrong) {
    const std::pair<UsageWords, const char*> wrong[] = {
        {{.by = "colour"}, "by"},
        {{.since = "soon"}, "since"},
        {{.until = "2026-02-30"}, "until"},
        {{.since = "1d", .until = "2d"}, "until"},
        {{.zone = "Mars/Olympus"}, "zone"},
        {{.top = "0"}, "top"},
        {{.top = "ten"}, "top"},
        {{.top = "-1"}, "top"},
        {{.top = "10001"}, "top"},
    };
    for (const auto& [words, word] : wrong) {
        const auto question = parse_usage(words, k_now_us);
        ASSERT_FALSE(question) << word;
        EXPECT_EQ(question.error().word, word);
        EXPECT_NE(question.error().what.find(word), std::string::npos);
    }
}

}  // namespace
}  // namespace bellwether::report
