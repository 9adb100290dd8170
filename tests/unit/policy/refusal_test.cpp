// What a client is told: why, how much is left, and when to come back.
#include "policy/limits/refusal.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/limits/standing_headers.hpp"

namespace bellwether::policy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t k_now_us = 1'790'000'000'000'000;  // 2026-09-21T14:13:20Z
constexpr std::int64_t k_end = 1'790'010'000;             // 2026-09-21T17:00:00Z

class RefusalTest : public testing::Test {
  protected:
    RefusalTest() {
        budget.name = "everyone";
        budget.period.zone = "Asia/Bangkok";
        limit.name = "fair";
        limit.requests = config::Rate{.amount = 60, .burst = 60};
        limit.tokens = config::Rate{.amount = 9'000, .burst = 9'000};
    }

    Asked of_budget(Counts counts = Counts::total) {
        rule = {.name = budget.name,
                .scope = &budget.scope,
                .budget = &budget,
                .counts = counts,
                .zone = *calendar::Zone::find("Asia/Bangkok")};
        return {.rule = &rule, .claim = {.amount = 50, .limit = 100}};
    }
    Asked of_limit(Rule& its, Counts counts, std::int64_t amount) {
        its = {.name = "fair", .scope = &limit.scope, .limit = &limit, .counts = counts};
        const config::Rate& rate = counts == Counts::total ? *limit.tokens : *limit.requests;
        return {.rule = &its,
                .claim = {.measure = ledger::Measure::rate,
                          .amount = amount,
                          .limit = rate.amount,
                          .period_us = 60'000'000,
                          .burst = rate.burst}};
    }

    config::Budget budget;
    config::Limit limit;
    Rule rule;
    Rule second;
};

TEST_F(RefusalTest, ABudgetSaysWhatIsLeftAndUntilWhen) {
    const Error error = refusal_of(
        of_budget(), {.left = 30, .window = {.start = k_end - 86'400, .end = k_end}}, k_now_us);
    EXPECT_EQ(error.kind, ErrorKind::budget);
    EXPECT_EQ(error.message,
              "The budget \"everyone\" has too little left for this request, which may take up to "
              "50 tokens: 30 tokens of 100 tokens are left; it resets at "
              "2026-09-22T00:00:00+07:00 (Asia/Bangkok).");
    EXPECT_EQ(error.retry_after, std::chrono::seconds(10'000));
}

TEST_F(RefusalTest, ADebtIsNothingLeftInWordsAndADebtInTheHeader) {
    const Asked asked[] = {of_budget()};
    const ledger::Standing standings[] = {{.left = -7}};
    EXPECT_THAT(refusal_of(asked[0], standings[0], k_now_us).message,
                HasSubstr(": 0 tokens of 100 tokens are left; it never resets."));
    EXPECT_EQ(standing_headers(asked, standings),
              "x-bellwether-budget: everyone; limit=100; remaining=-7; unit=tokens\r\n");
}

TEST_F(RefusalTest, MoneyHasItsCurrency) {
    Asked asked = of_budget(Counts::micro_usd);
    asked.claim.limit = 1'500'000;
    EXPECT_THAT(refusal_of(asked, {.left = 250'000}, k_now_us).message,
                HasSubstr("up to 0.00005 USD: 0.25 USD of 1.50 USD are left"));
}

TEST_F(RefusalTest, SaysWhoseCounterItIs) {
    budget.scope.each = config::Subject::user;
    Asked asked = of_budget();
    asked.claim.counter.value = "ann";
    EXPECT_THAT(refusal_of(asked, {}, k_now_us).message, HasSubstr("\"everyone\" of \"ann\" has"));
}

TEST_F(RefusalTest, ARateSaysWhenToComeBack) {
    const Error error =
        refusal_of(of_limit(rule, Counts::requests, 1), {.wait_us = 1'499'001}, k_now_us);
    EXPECT_EQ(error.kind, ErrorKind::rate);
    EXPECT_FALSE(error.final);
    EXPECT_EQ(error.retry_after, std::chrono::milliseconds(1'500));
    EXPECT_EQ(error.message,
              "Rate limit reached for requests of \"fair\": 60 in 60 s. Please try again in 1.5s.");
}

TEST_F(RefusalTest, WhatIsTooLargeShouldNotComeBack) {
    const Error error =
        refusal_of(of_limit(rule, Counts::total, 10'000), {.wait_us = -1}, k_now_us);
    EXPECT_TRUE(error.final);
    EXPECT_FALSE(error.retry_after);
    EXPECT_THAT(error.message, HasSubstr("up to 10000 tokens, and at most 9000"));
}

TEST_F(RefusalTest, HeadersAreOfTheTightestOfEachKind) {
    const Asked loose = of_limit(rule, Counts::requests, 1);
    Asked tight = of_limit(second, Counts::requests, 1);
    tight.claim.limit = 20;
    Rule third;
    const Asked tokens = of_limit(third, Counts::total, 10);
    const Asked asked[] = {loose, tight, tokens};
    const ledger::Standing standings[] = {{.left = 9, .full_us = 1'000},
                                          {.left = 3, .full_us = 90'000'000},
                                          {.left = -4, .full_us = 0}};
    EXPECT_EQ(standing_headers(asked, standings),
              "x-ratelimit-limit-requests: 20\r\nx-ratelimit-remaining-requests: 3\r\n"
              "x-ratelimit-reset-requests: 1m30s\r\n"
              "x-ratelimit-limit-tokens: 9000\r\nx-ratelimit-remaining-tokens: 0\r\n"
              "x-ratelimit-reset-tokens: 0ms\r\n");
}

TEST_F(RefusalTest, AShadowIsNotSeen) {
    budget.mode = config::BudgetMode::shadow;
    const Asked asked[] = {of_budget()};
    const ledger::Standing standings[] = {{.left = 7}};
    EXPECT_EQ(standing_headers(asked, standings), "");
}

// A thousand budgets made a head of 98 KB, which no proxy in front of the host would take.
TEST(StandingHeaders, NameTheTightestFewOfManyBudgets) {
    constexpr std::size_t k_many = 1'000;
    std::vector<config::Budget> budgets(k_many);
    std::vector<Rule> rules(k_many);
    std::vector<Asked> asked(k_many);
    std::vector<ledger::Standing> standings(k_many);
    for (std::size_t i = 0; i < k_many; ++i) {
        rules[i] = {.name = fmt::format("b-{:062}", i), .budget = &budgets[i]};
        asked[i] = {.rule = &rules[i], .claim = {.limit = INT64_MAX}};
        standings[i] = {.left = INT64_MAX - 1, .window = {.start = 0, .end = k_end}};
    }
    const std::size_t tight[] = {3, 500, 501, 502, 503, 504, 998};
    for (const std::size_t i : tight) standings[i].left = INT64_MIN;
    asked[999].claim.limit = 10;
    standings[999].left = 9;
    const std::string headers = standing_headers(asked, standings);
    EXPECT_EQ(std::ranges::count(headers, '\n'), 8);
    EXPECT_LT(headers.size(), 8u * 200);
    std::size_t at = 0;
    for (const std::size_t i : {3, 500, 501, 502, 503, 504, 998, 999}) {
        const auto found = headers.find(rules[i].name, at);
        EXPECT_NE(found, headers.npos) << i;
        at = found;
    }
}

TEST(StandingHeaders, OfEqualSharesTheFirstInTheFileAreNamed) {
    config::Budget budget;
    std::vector<Rule> rules(12);
    std::vector<Asked> asked;
    std::vector<ledger::Standing> standings;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        rules[i] = {.name = fmt::format("b{:02}", i), .budget = &budget};
        const auto limit = static_cast<std::int64_t>(i) * 100;  // of the first: 0, with 0 left
        asked.push_back({.rule = &rules[i], .claim = {.limit = limit}});
        standings.push_back({.left = limit / 2});
    }
    const std::string headers = standing_headers(asked, standings);
    EXPECT_EQ(std::ranges::count(headers, '\n'), 8);
    EXPECT_THAT(headers, HasSubstr("b00; limit=0; remaining=0; unit=tokens\r\n"));
    EXPECT_THAT(headers, HasSubstr("b07; limit=700; remaining=350; unit=tokens\r\n"));
    EXPECT_THAT(headers, Not(HasSubstr("b08")));
}

TEST(ResetText, IsAsOpenAiWritesIt) {
    EXPECT_EQ(reset_text(-5), "0ms");
    EXPECT_EQ(reset_text(1), "1ms");
    EXPECT_EQ(reset_text(20'000), "20ms");
    EXPECT_EQ(reset_text(1'500'000), "1.5s");
    EXPECT_EQ(reset_text(59'999'001), "1m0s");
    EXPECT_EQ(reset_text(360'000'000), "6m0s");
    EXPECT_EQ(reset_text(86'400'000'000), "24h0m0s");
}

// The official SDKs do what it says: a few milliseconds would make them hammer.
TEST(Refusal, NobodyIsToldToTryAnUpstreamAgainAtOnce) {
    using std::chrono::milliseconds;
    for (const std::int64_t wait_us : {0, 20'000, 1'000'000}) {
        const Error error = upstream_refusal("p", "m", wait_us);
        EXPECT_EQ(error.retry_after, milliseconds(1'000));
        EXPECT_TRUE(error.message.ends_with("try again in 1s.")) << error.message;
    }
    EXPECT_EQ(upstream_refusal("p", "m", 1'500'001).retry_after, milliseconds(1'501));
}

}  // namespace
}  // namespace bellwether::policy
