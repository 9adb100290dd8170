// Holds and settlements, on every store.
#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::int64_t k_most = INT64_MAX;

TEST_P(StoreSuite, HoldsAllOfItOrNothing) {
    const auto verdict = till().ask({budget("wide", 40, 100), budget("narrow", 40, 30),
                                     concurrency("calls", 1, 10), rate("pace", 1, 60, 5)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.refused_by, 1u);
    ASSERT_EQ(verdict.standings.size(), 4u);
    EXPECT_EQ(verdict.standings[0].held, 0);
    EXPECT_EQ(verdict.standings[0].left, 100);
    EXPECT_EQ(verdict.standings[1].left, 30);
    EXPECT_EQ(verdict.standings[2].held, 0);
    EXPECT_EQ(verdict.standings[3].left, 5);

    const auto second = till().ask({budget("wide", 100, 100), budget("narrow", 30, 30),
                                    concurrency("calls", 10, 10), rate("pace", 5, 60, 5)});
    EXPECT_EQ(second.answer, HoldAnswer::held);
    EXPECT_EQ(second.standings[0].held, 100);
    EXPECT_EQ(second.standings[0].left, 0);
    EXPECT_EQ(second.standings[2].held, 10);
}

TEST_P(StoreSuite, TellsTheFirstClaimThatDoesNotFit) {
    const auto verdict =
        till().ask({budget("a", 1, 10), concurrency("b", 2, 1), budget("c", 20, 10)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.refused_by, 1u);
}

TEST_P(StoreSuite, SettlesToLess) {
    const auto id = till().held({budget("b", 80, 100)});
    ASSERT_TRUE(id);
    EXPECT_EQ(held("b"), 80);
    till().settle(*id, {30});
    EXPECT_EQ(used("b"), 30);
    EXPECT_EQ(held("b"), 0);
    EXPECT_TRUE(till().held({budget("b", 70, 100)}));
}

TEST_P(StoreSuite, SettlesToMoreAndShowsTheDebt) {
    const auto id = till().held({budget("b", 80, 100)});
    ASSERT_TRUE(id);
    till().settle(*id, {150});
    EXPECT_EQ(used("b"), 150);
    const auto verdict = till().ask({budget("b", 1, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].left, -50);
}

TEST_P(StoreSuite, SettlingToNothingReleasesIt) {
    const auto id = till().held({budget("b", 80, 100), concurrency("c", 1, 1)});
    ASSERT_TRUE(id);
    EXPECT_FALSE(till().held({budget("b", 80, 100)}));
    EXPECT_FALSE(till().held({concurrency("c", 1, 1)}));
    till().settle(*id, {0, 0});
    EXPECT_EQ(used("b"), 0);
    EXPECT_TRUE(till().held({budget("b", 100, 100), concurrency("c", 1, 1)}));
}

TEST_P(StoreSuite, SettlesOnlyOnce) {
    const auto id = till().held({budget("b", 10, 100)});
    const auto other = till().held({budget("b", 10, 100)});
    ASSERT_TRUE(id && other);
    till().settle(*id, {7}, "first");
    till().settle(*id, {70}, "second");
    EXPECT_EQ(used("b"), 7);
    EXPECT_EQ(held("b"), 10);
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_EQ(rows().front().request_id, "first");
}

TEST_P(StoreSuite, SettlingWhatIsUnknownDoesNothing) {
    ASSERT_TRUE(till().held({budget("b", 10, 100)}));
    till().settle({.host = 1, .number = 2}, {50}, "unknown");
    EXPECT_EQ(used("b"), 0);
    EXPECT_EQ(held("b"), 10);
    EXPECT_TRUE(rows().empty());
}

TEST_P(StoreSuite, NumbersOfHoldsAreUnique) {
    Till second(store());
    const auto first_id = till().session().next_id();
    EXPECT_NE(first_id, till().session().next_id());
    EXPECT_NE(first_id, second.session().next_id());
}

TEST_P(StoreSuite, WhatOneSessionHoldsAnotherSettles) {
    Till second(store());
    const auto id = till().held({budget("b", 10, 100)});
    ASSERT_TRUE(id);
    second.settle(*id, {4});
    EXPECT_EQ(used("b"), 4);
    EXPECT_EQ(held("b"), 0);
}

TEST_P(StoreSuite, HoldsBecomeDurable) {
    const auto id = till().held({budget("b", 10, 100), rate("r", 1, 60, 2)});
    ASSERT_TRUE(id);
    EXPECT_TRUE(till().durable(*id));
    EXPECT_TRUE(till().durable(*id)) << "a second time";
}

TEST_P(StoreSuite, AHoldWithoutClaimsIsOnlyRecorded) {
    const auto id = till().held({});
    ASSERT_TRUE(id);
    EXPECT_TRUE(till().durable(*id));
    till().settle(*id, {}, "free");
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_EQ(rows().front().request_id, "free");
}

TEST_P(StoreSuite, CountsOfOneRuleAreApartByValue) {
    auto anna = budget("each", 10, 10);
    anna.counter.value = "anna";
    auto bert = anna;
    bert.counter.value = "bert";
    ASSERT_TRUE(till().held({anna}));
    EXPECT_FALSE(till().held({anna}));
    EXPECT_TRUE(till().held({bert}));
    EXPECT_EQ(counters("each").size(), 2u);
}

TEST_P(StoreSuite, OneCounterMayBeClaimedTwice) {
    EXPECT_FALSE(till().held({budget("b", 60, 100), budget("b", 60, 100)}));
    const auto id = till().held({budget("b", 50, 100), budget("b", 50, 100)});
    ASSERT_TRUE(id);
    EXPECT_EQ(held("b"), 100);
    till().settle(*id, {1, 2});
    EXPECT_EQ(used("b"), 3);
    EXPECT_EQ(held("b"), 0);
}

TEST_P(StoreSuite, SoftClaimsAreCountedAndNeverRefuse) {
    const auto verdict = till().ask(
        {soft(budget("b", 150, 100)), soft(concurrency("c", 3, 2)), soft(rate("r", 7, 60, 5))});
    EXPECT_EQ(verdict.answer, HoldAnswer::held);
    EXPECT_EQ(verdict.standings[0].left, -50);
    EXPECT_EQ(verdict.standings[1].left, -1);
    EXPECT_EQ(verdict.standings[2].left, -2);
    EXPECT_FALSE(till().held({budget("b", 1, 100)}));
    EXPECT_TRUE(till().held({soft(budget("b", 1, 100))}));
}

TEST_P(StoreSuite, ConcurrencyIsWhatIsHeldNow) {
    const auto first = till().held({concurrency("c", 1, 2)});
    ASSERT_TRUE(first);
    ASSERT_TRUE(till().held({concurrency("c", 1, 2)}));
    const auto third = till().ask({concurrency("c", 1, 2)});
    EXPECT_EQ(third.answer, HoldAnswer::refused);
    EXPECT_EQ(third.standings[0].held, 2);
    EXPECT_EQ(third.standings[0].left, 0);
    till().settle(*first, {1});
    EXPECT_EQ(used("c"), 0);
    EXPECT_TRUE(till().held({concurrency("c", 1, 2)}));
}

TEST_P(StoreSuite, SumsEndAtTheGreatestAmount) {
    const auto first = till().held({soft(budget("b", k_most, k_most))});
    const auto second = till().held({soft(budget("b", k_most, k_most))});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(held("b"), k_most);
    EXPECT_FALSE(till().held({budget("b", 1, k_most)}));
    till().settle(*first, {k_most});
    till().settle(*second, {k_most});
    EXPECT_EQ(used("b"), k_most);
    EXPECT_EQ(held("b"), 0);
    EXPECT_FALSE(till().held({budget("b", 1, k_most)}));
}

TEST_P(StoreSuite, ResetLeavesWhatIsHeld) {
    const auto settled = till().held({budget("b", 60, 100)});
    const auto open = till().held({budget("b", 30, 100)});
    ASSERT_TRUE(settled && open);
    till().settle(*settled, {60});
    const auto count = store().reset("b");
    ASSERT_TRUE(count) << count.error().message;
    EXPECT_EQ(*count, 1u);
    EXPECT_EQ(used("b"), 0);
    EXPECT_EQ(held("b"), 30);
    EXPECT_FALSE(till().held({budget("b", 71, 100)}));
    till().settle(*open, {20});
    EXPECT_EQ(used("b"), 20);
    EXPECT_EQ(held("b"), 0);
}

TEST_P(StoreSuite, ResetIsForOneRuleAndAllItsValues) {
    for (const auto* value : {"anna", "bert"}) {
        auto claim = budget("each", 10, 10);
        claim.counter.value = value;
        const auto id = till().held({claim});
        ASSERT_TRUE(id);
        till().settle(*id, {10});
    }
    const auto other = till().held({budget("other", 10, 10)});
    ASSERT_TRUE(other);
    till().settle(*other, {10});
    EXPECT_EQ(store().reset("each").value_or(0), 2u);
    EXPECT_EQ(store().reset("nobody").value_or(9), 0u);
    for (const auto& counter : counters("each")) EXPECT_EQ(counter.used, 0);
    EXPECT_EQ(used("other"), 10);
}

TEST_P(StoreSuite, UsageRowsKeepEveryField) {
    const auto id = till().held({});
    ASSERT_TRUE(id);
    const UsageRow row{.time_us = till().session().now_us(),
                       .request_id = "req-\"1\"",
                       .key = "k1",
                       .user = "ünïcode'; DROP TABLE usage",
                       .team = "red",
                       .route = "qwen-*",
                       .model = "qwen-max",
                       .provider = "holysheep",
                       .upstream_model = "qwen-max-2025",
                       .usage = {.input_tokens = 1'000'000'000'000,
                                 .output_tokens = 2,
                                 .cached_input_tokens = 0,
                                 .reasoning_tokens = -1,
                                 .source = UsageSource::provider},
                       .cost_micro_usd = 0,
                       .list_cost_micro_usd = 4,
                       .duration_us = 5,
                       .first_token_us = -1,
                       .status = 200,
                       .error = "overload"};
    till().session().settle({.id = *id, .amounts = {}, .usage = row});
    const auto kept = rows();
    ASSERT_EQ(kept.size(), 1u);
    const auto& found = kept.front();
    EXPECT_EQ(found.time_us, row.time_us);
    EXPECT_EQ(found.request_id, row.request_id);
    EXPECT_EQ(found.key, row.key);
    EXPECT_EQ(found.user, row.user);
    EXPECT_EQ(found.team, row.team);
    EXPECT_EQ(found.route, row.route);
    EXPECT_EQ(found.model, row.model);
    EXPECT_EQ(found.provider, row.provider);
    EXPECT_EQ(found.upstream_model, row.upstream_model);
    EXPECT_EQ(found.usage.input_tokens, row.usage.input_tokens);
    EXPECT_EQ(found.usage.output_tokens, 2);
    EXPECT_EQ(found.usage.cached_input_tokens, 0);
    EXPECT_EQ(found.usage.reasoning_tokens, -1);
    EXPECT_EQ(found.usage.source, UsageSource::provider);
    EXPECT_EQ(found.cost_micro_usd, 0);
    EXPECT_EQ(found.list_cost_micro_usd, 4);
    EXPECT_EQ(found.duration_us, 5);
    EXPECT_EQ(found.first_token_us, -1);
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.error, "overload");
}

TEST_P(StoreSuite, UsageIsReadBySpanAndInOrder) {
    const auto start = till().session().now_us();
    for (const auto at : {3, 1, 2, 0}) {
        const auto id = till().held({});
        ASSERT_TRUE(id);
        auto row = till().row(std::to_string(at));
        row.time_us = start + at;
        till().session().settle({.id = *id, .amounts = {}, .usage = row});
    }
    const auto some = rows({.since_us = start + 1, .until_us = start + 3});
    ASSERT_EQ(some.size(), 2u);
    EXPECT_EQ(some[0].request_id, "1");
    EXPECT_EQ(some[1].request_id, "2");
    EXPECT_EQ(rows().size(), 4u);
}

TEST_P(StoreSuite, WhatCameToNothingIsNotRecorded) {
    const auto id = till().held({budget("b", 5, 10)});
    ASSERT_TRUE(id);
    till().session().settle({.id = *id, .amounts = {0}, .usage = {}, .recorded = false});
    EXPECT_EQ(held("b"), 0);
    EXPECT_TRUE(rows().empty());
}

}  // namespace
}  // namespace bellwether::ledger
