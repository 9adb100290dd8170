// The ledger of several hosts beside a real server: what holds, settlements and reports come to.
#include "ledger/redis/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis_desk.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

class RedisStoreTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open() {
        auto store = open_redis(server_.settings());
        EXPECT_TRUE(store) << store.error().message;
        return std::move(*store);
    }

    RedisServer server_;
    std::unique_ptr<Store> store_ = open();
    Desk desk_{*store_};
};

TEST_F(RedisStoreTest, ABudgetRefusesWhatDoesNotFit) {
    const Verdict first = desk_.hold({budget_claim(60, 100)});
    EXPECT_EQ(first.answer, HoldAnswer::held) << first.reason;
    EXPECT_EQ(first.standings[0].held, 60);
    EXPECT_EQ(first.standings[0].left, 40);
    const HoldId held = desk_.id();
    const Verdict second = desk_.hold({budget_claim(41, 100)});
    EXPECT_EQ(second.answer, HoldAnswer::refused);
    EXPECT_EQ(second.standings[0].left, 40);
    desk_.settle(held, {25});
    desk_.settle(held, {25});
    ASSERT_TRUE(store_->flush(10'000));
    const StoredCounter counter = only_counter(*store_);
    EXPECT_EQ(counter.name, (CounterName{"everyone", ""}));
    EXPECT_EQ(counter.used, 25);
    EXPECT_EQ(counter.held, 0);
    EXPECT_EQ(desk_.hold({budget_claim(75, 100)}).answer, HoldAnswer::held);
}

TEST_F(RedisStoreTest, AHoldIsAllOrNothing) {
    Claim calls{
        .measure = Measure::concurrency, .counter = {"calls", "a:b"}, .amount = 1, .limit = 1};
    EXPECT_EQ(desk_.hold({budget_claim(1, 9), calls}).answer, HoldAnswer::held);
    const HoldId first = desk_.id();
    const Verdict second = desk_.hold({budget_claim(1, 9), calls});
    EXPECT_EQ(second.answer, HoldAnswer::refused);
    EXPECT_EQ(second.refused_by, 1u);
    EXPECT_EQ(second.standings[0].held, 1);
    desk_.settle(first, {1, 0});
    ASSERT_TRUE(store_->flush(10'000));
    EXPECT_EQ(desk_.hold({budget_claim(1, 9), calls}).answer, HoldAnswer::held);
    const auto counters = store_->counters();
    ASSERT_EQ(counters->size(), 2u);
    EXPECT_EQ((*counters)[0].name, (CounterName{"calls", "a:b"}));
    EXPECT_EQ((*counters)[0].measure, Measure::concurrency);
}

TEST_F(RedisStoreTest, NamesAreKeptApart) {
    Claim one = budget_claim(1, 9);
    one.counter = {"a:b%", "c"};
    Claim other = budget_claim(2, 9);
    other.counter = {"a", "b%:c"};
    desk_.hold({one, other});
    const auto counters = store_->counters();
    ASSERT_EQ(counters->size(), 2u);
    EXPECT_EQ((*counters)[0].name, other.counter);
    EXPECT_EQ((*counters)[1].name, one.counter);
    EXPECT_EQ(*store_->reset("a:b%"), 1u);
}

TEST_F(RedisStoreTest, AHoldIsSettledInItsOwnWindow) {
    const std::int64_t now = desk_.session().now_us() / 1'000'000;
    const Window first{now - 100, now + 10}, second{now - 50, now + 50};
    desk_.hold({budget_claim(7, 10, first)});
    const HoldId old = desk_.id();
    const Verdict next = desk_.hold({budget_claim(9, 10, second)});
    EXPECT_EQ(next.answer, HoldAnswer::held);
    EXPECT_EQ(next.standings[0].window, second);
    EXPECT_EQ(store_->counters()->size(), 2u);
    // A clock that went back is counted in the present window.
    EXPECT_EQ(desk_.hold({budget_claim(2, 10, first)}).answer, HoldAnswer::refused);
    desk_.settle(old, {7});
    ASSERT_TRUE(store_->flush(10'000));
    const StoredCounter present = only_counter(*store_);
    EXPECT_EQ(present.window, second);
    EXPECT_EQ(present.used, 0);
    EXPECT_EQ(present.held, 9);
    // The rule was edited to a longer period: what was used stays used.
    const Verdict longer = desk_.hold({budget_claim(1, 10, {now - 1000, now + 1000})});
    EXPECT_EQ(longer.standings[0].held, 10);
}

TEST_F(RedisStoreTest, ARateSaysHowLongToWait) {
    constexpr std::int64_t k_hour = 3'600'000'000;
    EXPECT_EQ(desk_.hold({rate_claim(3, 4, k_hour, 4)}).standings[0].left, 1);
    const HoldId first = desk_.id();
    const Verdict refused = desk_.hold({rate_claim(2, 4, k_hour, 4)});
    EXPECT_EQ(refused.answer, HoldAnswer::refused);
    EXPECT_NEAR(static_cast<double>(refused.standings[0].wait_us), k_hour / 4, 20'000'000);
    EXPECT_EQ(desk_.hold({rate_claim(5, 4, k_hour, 4)}).standings[0].wait_us, -1);
    desk_.settle(first, {1});
    ASSERT_TRUE(store_->flush(10'000));
    EXPECT_EQ(desk_.hold({rate_claim(2, 4, k_hour, 4)}).answer, HoldAnswer::held);
}

TEST_F(RedisStoreTest, UsageIsKeptAsItWas) {
    UsageRow row{.time_us = desk_.session().now_us(),
                 .request_id = "r \"1\"\n",
                 .key = "k",
                 .user = "u",
                 .team = "t",
                 .route = "*",
                 .model = "m",
                 .provider = "p",
                 .upstream_model = "x",
                 .usage = {5, 6, 2, 1, UsageSource::provider},
                 .cost_micro_usd = 12,
                 .list_cost_micro_usd = -1,
                 .duration_us = 900,
                 .first_token_us = 100,
                 .status = 200,
                 .error = "e"};
    for (int i = 0; i < 2'500; ++i) {
        desk_.hold({});
        desk_.settle({}, row);
        ++row.time_us;
    }
    ASSERT_TRUE(store_->flush(30'000));
    const auto rows = all_usage(*store_);
    ASSERT_EQ(rows.size(), 2'500u);
    const UsageRow& last = rows.back();
    EXPECT_EQ(last.time_us, row.time_us - 1);
    EXPECT_EQ(last.request_id, row.request_id);
    EXPECT_EQ(last.upstream_model, "x");
    EXPECT_EQ(last.usage.input_tokens, 5);
    EXPECT_EQ(last.usage.reasoning_tokens, 1);
    EXPECT_EQ(last.usage.source, UsageSource::provider);
    EXPECT_EQ(last.cost_micro_usd, 12);
    EXPECT_EQ(last.list_cost_micro_usd, -1);
    EXPECT_EQ(last.first_token_us, 100);
    EXPECT_EQ(last.status, 200);
    EXPECT_EQ(last.error, "e");
    EXPECT_EQ(all_usage(*store_, {row.time_us - 10, row.time_us - 5}).size(), 5u);
}

TEST_F(RedisStoreTest, ResetLeavesWhatIsHeld) {
    desk_.hold({budget_claim(5, 10)});
    desk_.settle({5});
    desk_.hold({budget_claim(4, 10)});
    ASSERT_TRUE(store_->flush(10'000));
    EXPECT_EQ(*store_->reset("everyone"), 1u);
    EXPECT_EQ(*store_->reset("nobody"), 0u);
    const StoredCounter counter = only_counter(*store_);
    EXPECT_EQ(counter.used, 0);
    EXPECT_EQ(counter.held, 4);
}

TEST_F(RedisStoreTest, ForgottenScriptsAreSentAgain) {
    EXPECT_EQ(desk_.hold({budget_claim(5, 10)}).answer, HoldAnswer::held);
    ASSERT_TRUE(server_.ask({"SCRIPT", "FLUSH"}));
    EXPECT_EQ(desk_.hold({budget_claim(5, 10)}).answer, HoldAnswer::held);
    ASSERT_TRUE(server_.ask({"SCRIPT", "FLUSH"}));
    desk_.settle({3});
    ASSERT_TRUE(store_->flush(10'000));
    EXPECT_EQ(only_counter(*store_).used, 3);
}

TEST_F(RedisStoreTest, HugeNumbersDoNotWrap) {
    EXPECT_EQ(desk_.hold({budget_claim(INT64_MAX, INT64_MAX)}).answer, HoldAnswer::held);
    desk_.settle({INT64_MAX});
    ASSERT_TRUE(store_->flush(10'000));
    EXPECT_GT(only_counter(*store_).used, 0);
    EXPECT_EQ(desk_.hold({budget_claim(INT64_MAX, 1'000)}).answer, HoldAnswer::refused);
}

}  // namespace
}  // namespace bellwether::ledger
