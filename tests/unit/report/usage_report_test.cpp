#include "report/usage_report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "config/config.hpp"
#include "policy/cost/cost.hpp"

namespace bellwether::report {
namespace {

constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();

ledger::UsageRow row(std::string user = "alice", std::int64_t cost = 100) {
    ledger::UsageRow row;
    row.user = std::move(user);
    row.model = "qwen-max";
    row.usage = {.input_tokens = 100,
                 .output_tokens = 50,
                 .cached_input_tokens = 10,
                 .reasoning_tokens = 5,
                 .source = UsageSource::provider};
    row.cost_micro_usd = cost;
    row.duration_us = 500'000;
    row.first_token_us = 100'000;
    row.status = 200;
    return row;
}

config::Price shipped_price(std::string_view model) {
    const auto loaded =
        config::parse("price_files = \"prices.toml\"\n[providers.holysheep]\nrequired = false\n",
                      std::filesystem::path(BELLWETHER_SOURCE_DIR) / "config" / "some.toml");
    for (const auto& price : loaded.config.prices) {
        if (price.model == model && price.provider == "holysheep") return price;
    }
    ADD_FAILURE() << "no price of " << model;
    return {};
}

TEST(UsageReport, OfNothingIsNothing) {
    const auto report = UsageReporter({}).take();
    EXPECT_EQ(report.total.calls, 0);
    EXPECT_TRUE(report.grouped.groups.empty());
    EXPECT_TRUE(report.top_users.empty());
    EXPECT_EQ(report.total.tokens_per_second_tenths(), -1);
}

TEST(UsageReport, TenMillionTokensOfQwenMaxSave68Dollars) {
    const config::Price price = shipped_price("qwen-max");
    UsageReporter reporter({});
    for (int call = 0; call < 1'000; ++call) {
        auto each = row();
        each.usage = {.input_tokens = 4'000, .output_tokens = 6'000};
        each.usage.source = UsageSource::provider;
        each.cost_micro_usd = policy::cost_of(each.usage, &price).value();
        each.list_cost_micro_usd = policy::list_cost_of(each.usage, &price).value();
        reporter.add(each);
    }
    const Figures total = reporter.take().total;
    EXPECT_EQ(total.input_tokens + total.output_tokens, 10'000'000);
    EXPECT_EQ(total.cost_micro_usd, 12'000'000);
    EXPECT_EQ(total.list_cost_micro_usd, 80'000'000);
    EXPECT_EQ(total.saved_micro_usd, 68'000'000);
}

TEST(UsageReport, AddsUpEachFigure) {
    UsageReporter reporter({.by = Grouping::user});
    reporter.add(row());
    auto cut = row();
    cut.error = "upstream_cut";
    cut.usage.source = UsageSource::estimate;
    reporter.add(cut);
    const auto report = reporter.take();
    ASSERT_EQ(report.grouped.groups.size(), 1u);
    const Figures& figures = report.grouped.groups[0].figures;
    EXPECT_EQ(figures.calls, 2);
    EXPECT_EQ(figures.succeeded, 1);
    EXPECT_EQ(figures.estimated, 1);
    EXPECT_EQ(figures.input_tokens, 200);
    EXPECT_EQ(figures.cached_input_tokens, 20);
    EXPECT_EQ(figures.output_tokens, 100);
    EXPECT_EQ(figures.reasoning_tokens, 10);
    EXPECT_EQ(figures.duration.average_us(), 500'000);
    EXPECT_EQ(figures.first_token.average_us(), 100'000);
    EXPECT_EQ(figures.tokens_per_second_tenths(), 1'000) << "100 tokens in a second";
}

TEST(UsageReport, NeverTakesTheUnknownForZero) {
    UsageReporter reporter({});
    reporter.add(row("alice", -1));
    auto without_list = row("alice", 70);
    reporter.add(without_list);
    auto dearer = row("alice", 30);
    dearer.list_cost_micro_usd = 20;
    reporter.add(dearer);
    const Figures total = reporter.take().total;
    EXPECT_EQ(total.cost_micro_usd, 100);
    EXPECT_EQ(total.calls_without_cost, 1);
    EXPECT_EQ(total.calls_without_list_cost, 2);
    EXPECT_EQ(total.saved_micro_usd, -10) << "only calls with both prices are compared";
}

TEST(UsageReport, LeavesOutTimesThatNobodyTook) {
    UsageReporter reporter({});
    auto lost = row();
    lost.duration_us = lost.first_token_us = -1;
    lost.status = 0;
    reporter.add(lost);
    const Figures total = reporter.take().total;
    EXPECT_EQ(total.duration.count(), 0);
    EXPECT_EQ(total.tokens_per_second_tenths(), -1);
    EXPECT_EQ(total.succeeded, 0);
}

TEST(UsageReport, EndsAtTheGreatestSum) {
    UsageReporter reporter({.top = 0});
    auto absurd = row("alice", k_max);
    absurd.list_cost_micro_usd = k_max;
    absurd.usage.input_tokens = absurd.usage.output_tokens = k_max;
    absurd.usage.cached_input_tokens = std::numeric_limits<std::int64_t>::min();
    for (int i = 0; i < 3; ++i) reporter.add(absurd);
    const auto report = reporter.take();
    for (const Figures& figures : {report.total, report.grouped.other}) {
        EXPECT_EQ(figures.input_tokens, k_max);
        EXPECT_EQ(figures.cached_input_tokens, 0);
        EXPECT_EQ(figures.cost_micro_usd, k_max);
        EXPECT_GT(figures.tokens_per_second_tenths(), 0);
    }
}

TEST(UsageReport, ShowsTheDearestFirstAndTheRestAsOther) {
    UsageReporter reporter({.by = Grouping::user, .top = 3});
    for (int user = 1; user <= 9; ++user) reporter.add(row(fmt::format("user-{}", user), user));
    reporter.add(row("", 1'000));
    const auto report = reporter.take();
    ASSERT_EQ(report.grouped.groups.size(), 3u);
    EXPECT_EQ(report.grouped.groups[0].name, "");
    EXPECT_EQ(report.grouped.groups[1].name, "user-9");
    EXPECT_EQ(report.grouped.left_out, 7u);
    EXPECT_EQ(report.grouped.other.calls, 7);
    EXPECT_EQ(report.grouped.other.cost_micro_usd, 28);
    EXPECT_EQ(report.grouped.other.duration.count(), 7);
    ASSERT_EQ(report.top_users.size(), k_top_users);
    EXPECT_EQ(report.top_users[0].name, "user-9") << "nobody is no user";
}

TEST(UsageReport, HoldsABoundedNumberOfGroups) {
    GroupedUsage usage(Grouping::user, {}, 10);
    for (int user = 0; user < 1'000; ++user) usage.add(row(fmt::format("user-{}", user)));
    usage.add(row("user-3"));
    const auto result = usage.take(100);
    EXPECT_EQ(result.groups.size(), 10u);
    EXPECT_EQ(result.groups[0].name, "user-3");
    EXPECT_EQ(result.other.calls, 990);
}

TEST(UsageReport, GroupsByAnyOfThem) {
    auto named = row();
    named.key = "k1";
    named.team = "search";
    named.provider = "holysheep";
    named.route = "qwen-*";
    const std::pair<Grouping, const char*> expected[] = {
        {Grouping::model, "qwen-max"}, {Grouping::key, "k1"},
        {Grouping::user, "alice"},     {Grouping::team, "search"},
        {Grouping::route, "qwen-*"},   {Grouping::provider, "holysheep"},
        {Grouping::day, "1970-01-01"}};
    for (const auto& [by, name] : expected) {
        GroupedUsage usage(by);
        usage.add(named);
        EXPECT_EQ(usage.take(1).groups.at(0).name, name);
        EXPECT_EQ(parse_grouping(to_string(by)), by);
    }
    EXPECT_FALSE(parse_grouping("colour"));
}

TEST(UsageReport, KeepsTheLatestDaysInTheirOrder) {
    const auto bangkok = calendar::Zone::find("Asia/Bangkok");
    ASSERT_TRUE(bangkok);
    UsageReporter reporter({.by = Grouping::day, .zone = *bangkok, .top = 2});
    for (const std::int64_t hour : {16, 17, 41, 65}) {
        auto each = row("alice", 1'000 - hour);
        each.time_us = hour * 3'600'000'000;
        reporter.add(each);
    }
    const auto report = reporter.take();
    ASSERT_EQ(report.grouped.groups.size(), 2u);
    EXPECT_EQ(report.grouped.groups[0].name, "1970-01-03");
    EXPECT_EQ(report.grouped.groups[1].name, "1970-01-04");
    EXPECT_EQ(report.grouped.left_out, 2u);
}

}  // namespace
}  // namespace bellwether::report
