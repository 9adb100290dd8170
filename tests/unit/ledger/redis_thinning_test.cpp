// What is old in a real Redis server: exactly that goes, a few at a time, whichever hosts are
// there.
#include <gtest/gtest.h>

#include "ledger/redis/store.hpp"
#include "redis_desk.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::int64_t k_keep_ms = 3'600'000;
// Around the moment before which rows go: longer than any of these tests takes.
constexpr std::int64_t k_margin_ms = 300'000;

class RedisThinningTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open(std::int64_t keep_ms = k_keep_ms) {
        RedisSettings settings = server_.settings();
        settings.lease_ms = 600;
        settings.keep_usage_ms = keep_ms;
        auto store = open_redis(settings);
        EXPECT_TRUE(store) << store.error().message;
        return std::move(*store);
    }
    void run(const std::string& script) {
        const auto reply = server_.ask({"EVAL", script, "1", "{bellwether}"});
        ASSERT_TRUE(reply && !reply->failed()) << (reply ? reply->text : reply.error().message);
    }
    // As if their calls had ended so long ago. Older ones first.
    void add_rows(int count, std::int64_t age_ms) {
        run("local now = redis.call('TIME')[1] * 1000 - " + std::to_string(age_ms) +
            "\nfor i = 1, " + std::to_string(count) +
            " do redis.call('XADD', KEYS[1] .. ':usage', string.format('%.0f-%d', now, i), "
            "'time_us', string.format('%.0f', now * 1000), 'status', '200') end");
    }
    std::int64_t number(const std::vector<std::string_view>& words) {
        const auto reply = server_.ask(words);
        return reply ? reply->integer : -1;
    }
    std::int64_t rows() { return number({"XLEN", "{bellwether}:usage"}); }

    RedisServer server_;
};

TEST_F(RedisThinningTest, ExactlyTheOldRowsGo) {
    add_rows(1'203, k_keep_ms + k_margin_ms);
    add_rows(7, k_keep_ms - k_margin_ms);
    const auto store = open(), other = open();
    EXPECT_TRUE(wait_until([&] { return rows() == 7; })) << rows();
    Desk desk(*store);
    desk.hold({budget_claim(5, 10)});
    desk.settle({5}, {.time_us = desk.session().now_us(), .request_id = "young"});
    ASSERT_TRUE(store->flush(10'000));
    const auto kept = all_usage(*other);
    ASSERT_EQ(kept.size(), 8u);
    EXPECT_EQ(kept.back().request_id, "young");
}

TEST_F(RedisThinningTest, OneScriptTakesOutAFewRows) {
    add_rows(2'000, k_keep_ms + k_margin_ms);
    RedisSettings settings = server_.settings();
    settings.keep_usage_ms = k_keep_ms;
    const auto scripts = std::make_shared<const RedisScripts>(settings);
    auto left = rows();
    RedisErrand errand(settings, scripts);
    while (left > 0) {
        const auto more = errand.run(Script::thin, {});
        ASSERT_TRUE(more) << more.error().message;
        const auto now_left = rows();
        EXPECT_LE(left - now_left, 500);
        ASSERT_LT(now_left, left);
        if (now_left > 0) {
            EXPECT_EQ(more->integer, 1) << "says that there is more";
        }
        left = now_left;
    }
    EXPECT_EQ(errand.run(Script::thin, {})->integer, 0);
}

TEST_F(RedisThinningTest, ForEverIsForEver) {
    add_rows(10, k_keep_ms * 1'000);
    run("redis.call('ZADD', KEYS[1] .. ':counters', 1, 'budget:gone:')");
    const auto store = open(0);
    ASSERT_TRUE(wait_until([&] {
        return number({"ZCARD", "{bellwether}:counters"}) == 0;
    })) << "it has not looked";
    EXPECT_EQ(rows(), 10);
}

TEST_F(RedisThinningTest, NamesOfExpiredCountersGoAndLiveOnesStay) {
    run("for i = 1, 1700 do redis.call('ZADD', KEYS[1] .. ':counters', i, 'budget:old:' .. i) end");
    const auto store = open(), other = open();
    Desk desk(*store);
    const std::int64_t now = desk.session().now_us() / 1'000'000;
    Claim calls{.measure = Measure::concurrency, .counter = {"calls", ""}, .amount = 1, .limit = 1};
    ASSERT_EQ(desk.hold({budget_claim(4, 10, {now - 10, now + 1'000}), calls,
                         rate_claim(1, 1, 60'000'000, 5)})
                  .answer,
              HoldAnswer::held);
    ASSERT_TRUE(wait_until([&] { return number({"ZCARD", "{bellwether}:counters"}) == 3; }));
    const auto counters = other->counters();
    ASSERT_EQ(counters->size(), 3u);
    EXPECT_EQ((*counters)[0].held, 1);
    EXPECT_EQ((*counters)[1].held, 4);
}

}  // namespace
}  // namespace bellwether::ledger
