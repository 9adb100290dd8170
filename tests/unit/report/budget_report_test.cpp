#include "report/budget_report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

namespace bellwether::report {
namespace {

constexpr std::int64_t k_day = 86'400;
constexpr std::int64_t k_now_us = 10 * k_day * 1'000'000 + 1;
constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();

config::Config config_of(std::int64_t limit) {
    config::Config config;
    config::Budget budget;
    budget.name = "everyone";
    budget.limit = limit;
    budget.period.unit = calendar::Unit::day;
    config.budgets.push_back(budget);
    return config;
}

ledger::StoredCounter counter(std::string value, std::int64_t used, std::int64_t held = 0,
                              ledger::Window window = {.start = 10 * k_day, .end = 11 * k_day}) {
    return {.name = {.rule = "everyone", .value = std::move(value)},
            .window = window,
            .used = used,
            .held = held};
}

TEST(BudgetQuestion, IsAboutAllOrAboutWhatHasTheName) {
    config::Config config = config_of(1'000);
    config.budgets.push_back(config.budgets[0]);
    config.budgets[1].name = "team";
    config.limits.push_back({.name = "at once", .concurrent = 5});
    config.limits.push_back({.name = "pace"});
    for (const char* name : {"", "team", "at once"}) {
        const auto question = parse_budget(config, name);
        ASSERT_TRUE(question) << name;
        const auto report = budget_report(config, {}, k_now_us, *question);
        const bool all = *name == 0;
        EXPECT_EQ(report.budgets.size() + report.limits.size(), all ? 3u : 1u) << name;
    }
    EXPECT_EQ(parse_budget(config, "pace").error(),
              "there is no budget \"pace\"; there are everyone, team")
        << "a limit without a cap on calls at once has no state to report";
    EXPECT_EQ(parse_budget({}, "x").error(),
              "there is no budget \"x\": the configuration has none");
}

TEST(BudgetQuestion, OnlyABudgetBeginsAnew) {
    config::Config config = config_of(1'000);
    config.limits.push_back({.name = "at once", .concurrent = 5});
    EXPECT_TRUE(parse_budget_reset(config, "everyone"));
    EXPECT_FALSE(parse_budget_reset(config, "at once"));
    EXPECT_FALSE(parse_budget_reset(config, "")) << "all of them is nobody's wish";
}

TEST(BudgetReport, ShowsABudgetThatNobodyHasUsed) {
    const auto config = config_of(1'000);
    const auto report = budget_report(config, {}, k_now_us);
    ASSERT_EQ(report.budgets.size(), 1u);
    const BudgetState& budget = report.budgets[0];
    EXPECT_EQ(budget.state.counters, 0u);
    EXPECT_EQ(left_of(1'000, budget.state), 1'000);
    EXPECT_EQ(budget.window, (ledger::Window{.start = 10 * k_day, .end = 11 * k_day}));
}

TEST(BudgetReport, TheDebtOfAWindowThatIsOverIsOver) {
    const auto config = config_of(1'000);
    const ledger::StoredCounter counters[] = {
        counter("ann", 1'700, 1, {.start = 9 * k_day, .end = 10 * k_day}), counter("ann", 1'200)};
    EXPECT_EQ(budget_report(config, counters, k_now_us).budgets[0].debt, 200);
}

TEST(BudgetReport, AddsUpItsCountersAndShowsTheFullest) {
    const auto config = config_of(1'000);
    std::vector<ledger::StoredCounter> counters;
    for (int user = 1; user <= 8; ++user) {
        counters.push_back(counter(fmt::format("user-{}", user), user * 100, 7));
    }
    const auto report = budget_report(config, counters, k_now_us);
    const RuleState& state = report.budgets[0].state;
    EXPECT_EQ(state.used, 3'600);
    EXPECT_EQ(state.held, 56);
    EXPECT_EQ(state.counters, 8u);
    ASSERT_EQ(state.fullest.size(), k_top_counters);
    EXPECT_EQ(state.fullest[0].value, "user-8");
    EXPECT_EQ(left_of(1'000, state), 193);
    EXPECT_EQ(share_of(1'000, state.fullest[0]), 8'070) << "80.7 %, what is held included";
}

TEST(BudgetReport, TellsDebt) {
    const auto config = config_of(1'000);
    const std::vector counters{counter("a", 1'250), counter("b", 1'001), counter("c", 900)};
    const auto report = budget_report(config, counters, k_now_us);
    EXPECT_EQ(report.budgets[0].debt, 251);
    EXPECT_EQ(left_of(1'000, report.budgets[0].state), -250);
}

TEST(BudgetReport, LeavesOutWindowsThatAreOver) {
    const auto config = config_of(1'000);
    const std::vector counters{
        counter("", 999, 1, {.start = 9 * k_day, .end = 10 * k_day}),
        counter("", 5, 0, {.start = 0, .end = 0}),
    };
    const auto report = budget_report(config, counters, k_now_us);
    EXPECT_EQ(report.budgets[0].state.used, 5);
    EXPECT_EQ(report.budgets[0].state.held, 0);
}

TEST(BudgetReport, EndsAtTheGreatestSum) {
    const auto config = config_of(1);
    const std::vector counters{counter("a", k_max, k_max), counter("b", k_max, k_max)};
    const auto report = budget_report(config, counters, k_now_us);
    EXPECT_EQ(report.budgets[0].state.used, k_max);
    EXPECT_EQ(report.budgets[0].debt, k_max);
    EXPECT_EQ(share_of(1, report.budgets[0].state.fullest[0]), k_max);
    EXPECT_LT(left_of(1, report.budgets[0].state), 0);
    EXPECT_EQ(share_of(0, {.value = "", .used = 0, .held = 0}), 0);
}

TEST(BudgetReport, TellsHowManyCallsRunAtOnce) {
    config::Config config;
    config.limits.push_back({.name = "per-user", .concurrent = 10});
    config.limits.push_back({.name = "only-rates", .requests = config::Rate{.amount = 1}});
    const std::vector<ledger::StoredCounter> counters{
        {.name = {.rule = "per-user/concurrent", .value = "alice"},
         .measure = ledger::Measure::concurrency,
         .held = 4},
        {.name = {.rule = "per-user/requests", .value = "alice"},
         .measure = ledger::Measure::rate,
         .held = 99}};
    const auto report = budget_report(config, counters, k_now_us);
    ASSERT_EQ(report.limits.size(), 1u);
    EXPECT_EQ(report.limits[0].state.held, 4);
    EXPECT_EQ(left_of(10, report.limits[0].state), 6);
}

}  // namespace
}  // namespace bellwether::report
