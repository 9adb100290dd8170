// What a call claims of each budget and limit, and what it has used of each at its end.
#include "policy/limits/rules.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "json/request.hpp"

namespace bellwether::policy {
namespace {

constexpr std::int64_t k_now_us = 1'790'000'000'000'000;  // 2026-09-21T14:13:20Z
constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
const config::Price k_price{.input = 2'000'000, .cached_input = 500'000, .output = 8'000'000};

config::Config config_of(const std::string& rules) {
    auto loaded = config::parse(
        rules + "[providers.a]\n[providers.b]\n[[routes]]\nmodel = \"*\"\nto = [\"a\", \"b\"]\n",
        "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return std::move(loaded.config);
}

std::string budget_named(const std::string& name, const std::string& limit,
                         const std::string& more = "") {
    return "[[budgets]]\nname = \"" + name + "\"\nlimit = \"" + limit + "\"\nper = \"day\"\n" +
           more + "\n";
}

std::string budget(const std::string& limit, const std::string& more = "") {
    return budget_named("b", limit, more);
}

Call call_of(const std::string& members = "") {
    Call call;
    call.body = R"({"model":"m","messages":[])" + members + "}";
    EXPECT_TRUE(json::read_request(call));
    return call;
}

Facts facts_of(const Call& call) {
    return {.key = call.key_name,
            .team = call.team,
            .user = call.user,
            .model = call.model,
            .provider = {},
            .route = "m"};
}

const Call k_plain = call_of();

class RulesTest : public testing::Test {
  protected:
    Result<std::vector<Asked>> apply(const std::string& text, const Call& call,
                                     std::vector<Prospect> prospects) {
        config = config_of(text);
        rules.emplace(config);
        return rules->apply(facts_of(call), call.asked.invalid_limit, prospects, k_now_us);
    }
    // Of a call that has to be counted.
    std::vector<Asked> asked(const std::string& text, const Call& call = call_of(),
                             std::vector<Prospect> prospects = {k_first}) {
        auto applied = apply(text, call, std::move(prospects));
        EXPECT_TRUE(applied) << applied.error().message;
        return applied ? *applied : std::vector<Asked>();
    }

    static inline const Prospect k_first{
        .provider = "a", .target = {.price = &k_price}, .estimate = {.input = 30, .output = 12}};
    static inline const Prospect k_second{
        .provider = "b", .target = {.price = &k_price}, .estimate = {.input = 20, .output = 40}};

    config::Config config;
    std::optional<Rules> rules;
};

TEST_F(RulesTest, ABudgetCountsTheTokensThatItSays) {
    EXPECT_EQ(asked(budget("1ktok"))[0].claim.amount, 42);
    EXPECT_EQ(asked(budget("1ktok", "count = \"input\""))[0].claim.amount, 30);
    EXPECT_EQ(asked(budget("1ktok", "count = \"output\""))[0].claim.amount, 12);
    EXPECT_EQ(asked(budget("1 USD"))[0].claim.amount, 30 * 2 + 12 * 8);
}

TEST_F(RulesTest, OnlyAHardBudgetRefuses) {
    EXPECT_TRUE(asked(budget("1ktok"))[0].claim.refuses);
    EXPECT_FALSE(asked(budget("1ktok", "mode = \"soft\""))[0].claim.refuses);
    EXPECT_FALSE(asked(budget("1ktok", "mode = \"shadow\""))[0].claim.refuses);
}

TEST_F(RulesTest, ABudgetIsOfTheDayThatIsNow) {
    const auto claim = asked(budget("1ktok", "reset = { zone = \"Asia/Bangkok\" }"))[0].claim;
    EXPECT_EQ(claim.window.end - claim.window.start, 86'400);
    EXPECT_LE(claim.window.start, k_now_us / 1'000'000);
    EXPECT_GT(claim.window.end, k_now_us / 1'000'000);
    EXPECT_EQ(claim.window.start % 86'400, 17 * 3'600);
}

// What was kept of the last window must not be used when the clock has left it, either way.
TEST_F(RulesTest, AWindowIsLeftWithTheClock) {
    config = config_of(budget("1ktok"));
    rules.emplace(config);
    const Prospect prospects[] = {k_first};
    const auto start_at = [&](std::int64_t day) {
        return (*rules->apply(facts_of(k_plain), {}, prospects, k_now_us + day * 86'400'000'000))[0]
            .claim.window.start;
    };
    const auto today = start_at(0);
    EXPECT_EQ(start_at(1), today + 86'400);
    EXPECT_EQ(start_at(-1), today - 86'400);
    EXPECT_EQ(start_at(0), today);
}

TEST_F(RulesTest, AWindowIsLeftInTheMomentOfItsEnd) {
    config = config_of(budget("1ktok"));
    rules.emplace(config);
    const Prospect prospects[] = {k_first};
    const auto window_at = [&](std::int64_t now_us) {
        return (*rules->apply(facts_of(k_plain), {}, prospects, now_us))[0].claim.window;
    };
    const auto today = window_at(k_now_us);
    EXPECT_EQ(window_at(today.end * 1'000'000 - 1), today);
    EXPECT_EQ(window_at(today.end * 1'000'000).start, today.end);
}

TEST_F(RulesTest, ALimitIsACounterForEachOfItsNumbers) {
    const auto all = asked(
        "[[limits]]\nname = \"l\"\nrequests = \"60/min\"\ntokens = \"1k/s\"\nconcurrent = 3\n"
        "burst_tokens = 500\n");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].claim.measure, ledger::Measure::concurrency);
    EXPECT_EQ(all[0].claim.limit, 3);
    EXPECT_EQ(all[0].claim.amount, 1);
    EXPECT_EQ(all[1].claim.amount, 1);
    EXPECT_EQ(all[1].claim.burst, 60);
    EXPECT_EQ(all[1].claim.period_us, 60'000'000);
    EXPECT_EQ(all[2].claim.amount, 42);
    EXPECT_EQ(all[2].claim.limit, 1'000);
    EXPECT_EQ(all[2].claim.burst, 500);
    EXPECT_NE(all[1].claim.counter, all[2].claim.counter);
}

TEST_F(RulesTest, OneCounterHoldsTheMostThatAnyProviderWouldTake) {
    const auto all = asked(budget("1ktok"), call_of(), {k_first, k_second});
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].claim.amount, 60);
}

TEST_F(RulesTest, OneCounterHoldsTheMostInWhateverOrder) {
    const auto all = asked(budget("1ktok"), call_of(), {k_second, k_first});
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].claim.amount, 60);
}

TEST_F(RulesTest, EachProviderHasItsOwnCounter) {
    const auto all = asked(budget("1ktok", "each = \"provider\""), call_of(), {k_first, k_second});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].claim.counter.value, "a");
    EXPECT_EQ(all[0].claim.amount, 42);
    EXPECT_EQ(all[1].claim.counter.value, "b");
    EXPECT_EQ(all[1].claim.amount, 60);
}

TEST_F(RulesTest, ACallOfNobodyIsCountedWithAllOthersOfNobody) {
    const std::string rule = budget("1ktok", "each = \"user\"");
    EXPECT_EQ(asked(rule)[0].claim.counter.value, "");
    EXPECT_EQ(asked(rule, call_of(R"(,"user":"ann")"))[0].claim.counter.value, "ann");
}

TEST_F(RulesTest, MoneyWithoutAPriceIsRefusedWhereItWouldBeHard) {
    Prospect unpriced = k_first;
    unpriced.target.price = nullptr;
    const auto refused = apply(budget("1 USD"), call_of(), {unpriced});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "model_without_price");
    EXPECT_EQ(asked(budget("1 USD", "mode = \"soft\""), call_of(), {unpriced})[0].claim.amount, 0);
}

TEST_F(RulesTest, WhatCannotBeCountedWithIsRefusedOnlyIfItWouldBe) {
    const Call unsound = call_of(R"(,"max_tokens":-5)");
    const auto refused = apply(budget("1ktok"), unsound, {k_first});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().param, "max_tokens");
    EXPECT_TRUE(apply("", unsound, {k_first}));
}

TEST_F(RulesTest, SumsAreClampedAndNeverNegative) {
    Prospect huge = k_first;
    huge.estimate = {.input = k_most, .output = k_most};
    EXPECT_EQ(asked(budget("1ktok"), call_of(), {huge})[0].claim.amount, k_most);
    EXPECT_EQ(asked(budget("1 USD"), call_of(), {huge})[0].claim.amount, k_most);
    const auto all = asked(budget("1ktok"));
    const auto used = [&](std::int64_t input, std::int64_t output) {
        return used_of(all[0], {.provider = "a",
                                .usage = {.input_tokens = input,
                                          .output_tokens = output,
                                          .source = UsageSource::provider}});
    };
    EXPECT_EQ(used(k_most, k_most), k_most);
    EXPECT_EQ(used(-5, 7), 7);
    EXPECT_EQ(used(-k_most, -k_most), 0);
}

TEST_F(RulesTest, WhatWasUsedIsCountedWhereItWas) {
    const auto all = asked(budget("1ktok", "each = \"provider\"") +
                               "[[limits]]\nname = \"l\"\nrequests = \"60/min\"\nconcurrent = 3\n",
                           call_of(), {k_first, k_second});
    ASSERT_EQ(all.size(), 4U);
    Used used{.provider = "b",
              .usage = {.input_tokens = 3, .output_tokens = 4, .source = UsageSource::provider}};
    EXPECT_EQ(used_of(all[0], used), 0);
    EXPECT_EQ(used_of(all[1], used), 7);
    EXPECT_EQ(used_of(all[2], used), 0) << "a place is given back";
    EXPECT_EQ(used_of(all[3], used), 1);
    used.usage = {};
    EXPECT_EQ(used_of(all[1], used), 0);
    EXPECT_EQ(used_of(all[3], used), 1) << "a request that failed was a request";
}

TEST_F(RulesTest, WhatAnAttemptInVainTookIsCountedToo) {
    const auto all = asked(budget("1ktok", "each = \"provider\"") + budget_named("all", "1 USD"),
                           call_of(), {k_first, k_second});
    ASSERT_EQ(all.size(), 3U);
    const FailedAttempt failed{
        .provider = "a",
        .model = "m",
        .kind = ErrorKind::timeout,
        .usage = {.input_tokens = 10, .output_tokens = 0, .source = UsageSource::estimate},
        .price = &k_price};
    const Used used{
        .provider = "b",
        .failed = {&failed, 1},
        .usage = {.input_tokens = 3, .output_tokens = 4, .source = UsageSource::provider},
        .price = &k_price};
    EXPECT_EQ(used_of(all[0], used), 10);
    EXPECT_EQ(used_of(all[1], used), 7);
    EXPECT_EQ(used_of(all[2], used), 20 + 6 + 32) << "in millionths of a dollar";
}

TEST_F(RulesTest, ARequestInVainIsARequestOfTheProviderThatGotIt) {
    const auto all =
        asked("[[limits]]\nname = \"l\"\nrequests = \"60/min\"\nmatch = { provider = \"a\" }\n",
              call_of(), {k_first, k_second});
    ASSERT_EQ(all.size(), 1U);
    const FailedAttempt failed{.provider = "a", .model = "m", .kind = ErrorKind::timeout};
    EXPECT_EQ(used_of(all[0], {.provider = "b", .failed = {&failed, 1}}), 1);
    EXPECT_EQ(used_of(all[0], {.provider = "b"}), 0);
}

config::Price with_more() {
    config::Price price = k_price;
    price.parts.cache_write_input = 2'500'000;
    price.above = {{.prompt_tokens = 100'000, .prices = {.input = 4'000'000, .output = 9'000'000}}};
    price.tiers = {{"priority", {.input = 5'000'000, .output = 16'000'000}, {}}};
    price.units = {{"web_search", 10'000}};
    return price;
}

TEST_F(RulesTest, AHoldOfMoneyIsTheDearestThatTheCallMayCost) {
    const config::Price price = with_more();
    const auto held = [&](std::int64_t input, std::string_view tier) {
        const Prospect prospect{.provider = "a",
                                .target = {.price = &price},
                                .estimate = {.input = input, .output = 1'000},
                                .service_tier = tier,
                                .text_only = true};
        return asked(budget("1 USD"), call_of(), {prospect})[0].claim.amount;
    };
    EXPECT_EQ(held(1'000, "default"), 2'500 + 8'000) << "written to a cache";
    EXPECT_EQ(held(200'000, "default"), 800'000 + 9'000);
    EXPECT_EQ(held(1'000, "priority"), 5'000 + 16'000);
    EXPECT_EQ(held(1'000, ""), 5'000 + 16'000);
}

// What nobody gave a price is never free: a hard budget of money does not let it through.
TEST_F(RulesTest, AHardBudgetOfMoneyRefusesWhatHasNoPrice) {
    const auto refusal = [&](std::string_view tier, bool searches, const std::string& mode = "") {
        const Prospect prospect{.provider = "a",
                                .target = {.price = &k_price},
                                .service_tier = tier,
                                .searches = searches};
        const auto applied = apply(budget("1 USD", mode), call_of(), {prospect});
        return applied ? "" : applied.error().param + ": " + applied.error().message;
    };
    EXPECT_EQ(refusal("flex", false), "") << "cheaper is no danger";
    EXPECT_EQ(refusal("priority", false),
              "service_tier: The model \"m\" has no price for the service tier \"priority\" at "
              "provider \"a\", and the budget \"b\" counts money: an operator has to give it one "
              "([[prices]]).");
    EXPECT_EQ(refusal("", true),
              "web_search_options: The model \"m\" has no price for searches (units) at provider "
              "\"a\", and the budget \"b\" counts money: an operator has to give it one "
              "([[prices]]).");
    EXPECT_EQ(refusal("priority", true, "mode = \"soft\""), "");
    const config::Price price = with_more();
    EXPECT_TRUE(apply(budget("1 USD"), call_of(),
                      {{.provider = "a",
                        .target = {.price = &price},
                        .service_tier = "priority",
                        .searches = true}}));
}

TEST_F(RulesTest, APieceWithoutAPriceCountsWhatWasHeld) {
    const Prospect prospect{.provider = "a",
                            .target = {.price = &k_price},
                            .estimate = {.input = 1'000, .output = 1'000}};
    const auto all = asked(budget("1 USD"), call_of(), {prospect});
    Used used{.provider = "a",
              .usage = {.input_tokens = 10, .output_tokens = 0, .source = UsageSource::provider},
              .price = &k_price};
    used.usage.units = {{"web_search", 2}};
    EXPECT_EQ(used_of(all[0], used), all[0].claim.amount);
    used.usage.input_tokens = 1'000'000;
    EXPECT_EQ(used_of(all[0], used), 2'000'000) << "and no less than the tokens cost";
    const config::Price price = with_more();
    used.price = &price;
    EXPECT_EQ(used_of(all[0], used), 4'000'000 + 20'000);
}

TEST_F(RulesTest, AProvidersOwnLimitIsOfThatProvider) {
    config = config_of("");
    config.providers[1].max_concurrent = 2;
    rules.emplace(config);
    const Prospect there_first[] = {k_second, k_first};
    const auto all = *rules->apply(facts_of(k_plain), {}, there_first, k_now_us);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].claim.limit, 2);
    EXPECT_TRUE(all[0].rule->counts_provider("b", all[0].claim.counter.value));
    EXPECT_FALSE(all[0].rule->counts_provider("a", all[0].claim.counter.value));
    const Prospect elsewhere_first[] = {k_first, k_second};
    EXPECT_TRUE(rules->apply(facts_of(k_plain), {}, elsewhere_first, k_now_us)->empty());
}

TEST_F(RulesTest, AProvidersOwnLimitWaitsAsTheProviderSays) {
    config = config_of("");
    config.providers[0].max_concurrent = 2;
    config.providers[0].queue_wait = std::chrono::seconds(7);
    config.providers[0].queue_length = 3;
    rules.emplace(config);
    const Prospect prospects[] = {k_first};
    const auto all = *rules->apply(facts_of(k_plain), {}, prospects, k_now_us);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].rule->limit->queue_wait, std::chrono::seconds(7));
    EXPECT_EQ(all[0].rule->limit->queue_length, 3U);
}

}  // namespace
}  // namespace bellwether::policy
