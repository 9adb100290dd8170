// What is settled of a call, and written of it: at the prices of the target that served it, with
// what attempts in vain took.
#include "policy/cost/cost.hpp"
#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

constexpr const char* k_money = "[[budgets]]\nname = \"b\"\nlimit = \"9 USD\"\nper = \"day\"\n";
const config::Price k_cheap{.input = 1'000'000, .output = 1'000'000};
const config::Price k_dear{.input = 7'000'000, .output = 7'000'000};

Usage usage_of(std::int64_t tokens) {
    return {.input_tokens = tokens, .output_tokens = 0, .source = UsageSource::provider};
}

class SettlingTest : public testing::Test {
  protected:
    Admission& admit(std::vector<route::Candidate> candidates) {
        desk.call = Desk::call_of();
        admission.emplace(
            desk.books, desk.engine, desk.call,
            Destination{.route = "m", .model = "m", .candidates = std::move(candidates)});
        admission->ask([](const Result<void>&) {});
        desk.session->answer({});
        return *admission;
    }
    const ledger::Settlement& settled() const { return desk.session->settled.back(); }

    Desk desk{k_money};
    std::optional<Admission> admission;
};

// A route may name one provider twice.
TEST_F(SettlingTest, CountsAtThePriceOfTheModelThatServed) {
    Admission& call = admit({{.provider = 0, .model = "dear", .price = &k_dear},
                             {.provider = 0, .model = "cheap", .price = &k_cheap}});
    call.settle({.call = desk.call,
                 .outcome = {.result = {},
                             .usage = usage_of(10),
                             .provider = "a",
                             .model = "cheap",
                             .price = &k_cheap}});
    EXPECT_EQ(settled().amounts, std::vector<std::int64_t>{10});
}

TEST_F(SettlingTest, WhatIsNotKnownOfTheAnswerIsKnownOfAnAttemptInVain) {
    Admission& call = admit({{.provider = 0, .model = "m", .price = &k_cheap}});
    FailedAttempt failed{.provider = "a", .model = "m", .kind = ErrorKind::timeout};
    failed.usage = usage_of(30);
    failed.usage.cached_input_tokens = 20;
    failed.price = &k_cheap;
    FailedAttempt idle{.provider = "a", .model = "m", .kind = ErrorKind::unreachable};
    idle.usage.input_tokens = 1'000;  // but of no source: nothing was done
    call.settle({.call = desk.call,
                 .outcome = {.result = {},
                             .usage = usage_of(10),
                             .provider = "a",
                             .model = "m",
                             .failures = {failed, idle}}});
    const ledger::UsageRow& row = settled().usage;
    EXPECT_EQ(row.usage.input_tokens, 40);
    EXPECT_EQ(row.usage.cached_input_tokens, 20);
    EXPECT_EQ(row.cost_micro_usd, cost_of(failed.usage, &k_cheap));
    EXPECT_EQ(row.list_cost_micro_usd, -1) << "nobody gave one";
}

// Whoever asks before the disk has failed is told by it, as who asks later is.
TEST(Settling, AnAnswerThatWaitsForItsHoldIsGivenOutIfToldToAllow) {
    Desk desk(std::string("[ledger]\nurl = \"memory:\"\non_failure = \"allow\"\n") + k_budget);
    Admission& admission = desk.ask();
    desk.session->answer({});
    std::optional<Result<void>> told;
    admission.when_durable([&](Result<void> result) { told = std::move(result); });
    desk.session->fail_to_commit();
    EXPECT_TRUE(told && *told);
}

}  // namespace
}  // namespace bellwether::policy
