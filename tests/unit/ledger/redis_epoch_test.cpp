// A Redis server that has lost what it had, or that is not the one to ask any more: noticed, told,
// and nothing that is in flight is lost with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/redis/store.hpp"
#include "redis_desk.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

using testing::HasSubstr;

class RedisEpochTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open(std::int64_t lease_ms = 60'000) {
        RedisSettings settings = server_.settings();
        settings.lease_ms = lease_ms;
        auto store = open_redis(settings);
        EXPECT_TRUE(store) << store.error().message;
        return std::move(*store);
    }
    void flush_all() { ASSERT_TRUE(server_.ask({"FLUSHALL"})); }
    static bool held_soon(Desk& desk, const Claim& claim) {
        return wait_until([&] { return desk.hold({claim}).answer == HoldAnswer::held; });
    }
    // What the server says of itself, such as "total_connections_received".
    std::int64_t statistic(const std::string& name) {
        const auto text = server_.ask({"INFO", "stats"})->text;
        return std::stoll(text.substr(text.find(name + ":") + name.size() + 1));
    }

    RedisServer server_;
};

TEST_F(RedisEpochTest, AHostThatComesLaterHasLostNothing) {
    const auto first = open();
    Desk desk(*first);
    ASSERT_EQ(desk.hold({budget_claim(60, 100)}).answer, HoldAnswer::held);
    const auto second = open();
    Desk other(*second);
    EXPECT_EQ(other.hold({budget_claim(60, 100)}).answer, HoldAnswer::refused);
    server_.stop();
    server_.start();
    EXPECT_TRUE(held_soon(other, budget_claim(40, 100)));
    EXPECT_EQ(first->health().losses + second->health().losses, 0u) << "it has kept all it had";
}

// By the next call, or by the settlement of one that was in flight.
TEST_F(RedisEpochTest, AfterAFlushWhatIsInFlightIsHeldAnewAndSettled) {
    const auto store = open();
    Desk desk(*store);
    ASSERT_EQ(desk.hold({budget_claim(60, 100)}).answer, HoldAnswer::held);
    const HoldId first = desk.id();
    flush_all();
    const Verdict verdict = desk.hold({budget_claim(1, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("has lost what it had"));
    ASSERT_TRUE(wait_until([&] { return only_counter(*store).held == 60; }));
    EXPECT_EQ(store->health().losses, 1u);
    EXPECT_EQ(desk.hold({budget_claim(41, 100)}).answer, HoldAnswer::refused);
    desk.settle(first, {25}, {.request_id = "first"});
    ASSERT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 25);
    EXPECT_EQ(only_counter(*store).held, 0);
    EXPECT_EQ(all_usage(*store).size(), 1u);
}

TEST_F(RedisEpochTest, AHoldThatTheServerRefusesIsHeldAnewLater) {
    const auto store = open(1'500);
    Desk desk(*store);
    ASSERT_EQ(desk.hold({budget_claim(60, 100)}).answer, HoldAnswer::held);
    // Of the scripts only those of holds need it.
    ASSERT_TRUE(server_.ask({"ACL", "SETUSER", "default", "-hexists"}));
    flush_all();
    const auto renewals = [this] { return server_.ask({"HGET", "{bellwether}:epoch", "looks"}); };
    ASSERT_TRUE(wait_until([&] { return renewals()->text >= "2"; })) << "one after the refusal";
    EXPECT_EQ(store->health().losses, 1u);
    EXPECT_EQ(only_counter(*store).held, 0);
    ASSERT_TRUE(server_.ask({"ACL", "SETUSER", "default", "+hexists"}));
    EXPECT_TRUE(wait_until([&] { return only_counter(*store).held == 60; }));
}

TEST_F(RedisEpochTest, ASettlementIsNotLostWithItsHold) {
    const auto store = open();
    Desk desk(*store);
    Claim calls{.measure = Measure::concurrency, .counter = {"calls", ""}, .amount = 1, .limit = 1};
    ASSERT_EQ(desk.hold({budget_claim(60, 100), calls}).answer, HoldAnswer::held);
    flush_all();
    desk.settle({25, 1}, {.request_id = "first"});
    ASSERT_TRUE(store->flush(20'000));
    EXPECT_EQ(store->health().losses, 1u);
    EXPECT_EQ(all_usage(*store).size(), 1u);
    const auto counters = store->counters().value();
    ASSERT_EQ(counters.size(), 2u);
    for (const auto& counter : counters) EXPECT_EQ(counter.held, 0);
    EXPECT_EQ(counters.back().used, 25);
}

// Whichever answers are lost on the way.
TEST_F(RedisEpochTest, NothingIsSettledTwice) {
    const auto store = open(1'500);
    Desk desk(*store);
    std::int64_t used = 0;
    std::size_t rows = 0;
    for (int round = 0; round < 8; ++round) {
        std::vector<HoldId> held;
        for (int i = 0; i < 40; ++i) {
            ASSERT_TRUE(held_soon(desk, budget_claim(10, 1'000'000)));
            held.push_back(desk.id());
        }
        ASSERT_TRUE(store->flush(20'000));
        flush_all();
        used = 0;
        rows = held.size();
        for (const HoldId& id : held) {
            used += 7;
            desk.settle(id, {7});
            desk.loop().restart();
            desk.loop().poll();
            if (used % 70 != 0) continue;
            ASSERT_TRUE(server_.ask({"CLIENT", "KILL", "TYPE", "normal"}));
        }
        ASSERT_TRUE(store->flush(20'000));
        ASSERT_EQ(only_counter(*store).used, used) << round;
        ASSERT_EQ(only_counter(*store).held, 0) << round;
        ASSERT_EQ(all_usage(*store).size(), rows) << round;
    }
    EXPECT_EQ(store->health().losses, 8u);
}

TEST_F(RedisEpochTest, WithoutAnyCallTheHostNoticesByItself) {
    const auto store = open(600);
    Desk desk(*store);
    ASSERT_EQ(desk.hold({budget_claim(60, 100)}).answer, HoldAnswer::held);
    flush_all();
    EXPECT_TRUE(wait_until([&] { return store->health().losses == 1; }));
    EXPECT_TRUE(wait_until([&] { return only_counter(*store).held == 60; }));
}

// As from a snapshot, or from a replica that had not heard of everything.
TEST_F(RedisEpochTest, ContentsThatAreOlderThanTheyWereAreNoticed) {
    const auto store = open(600);
    Desk desk(*store);
    ASSERT_TRUE(wait_until([&] {
        return server_.ask({"HGET", "{bellwether}:epoch", "looks"})->text >= "3";
    }));
    ASSERT_EQ(desk.hold({budget_claim(60, 100)}).answer, HoldAnswer::held);
    const std::string holds = "{bellwether}:holds:" + std::to_string(desk.id().host);
    ASSERT_TRUE(server_.ask({"DEL", holds, "{bellwether}:budget:everyone:"}));
    ASSERT_TRUE(server_.ask({"HSET", "{bellwether}:epoch", "looks", "1"}));
    EXPECT_TRUE(wait_until([&] { return store->health().losses == 1; }));
    EXPECT_TRUE(wait_until([&] { return only_counter(*store).held == 60; }));
    desk.settle({25});
    ASSERT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 25);
    EXPECT_EQ(only_counter(*store).held, 0);
}

TEST_F(RedisEpochTest, EveryHostNoticesAndHoldsItsOwn) {
    const auto one = open(600);
    const auto two = open(600);
    Desk first(*one), second(*two);
    ASSERT_EQ(first.hold({budget_claim(30, 100)}).answer, HoldAnswer::held);
    ASSERT_EQ(second.hold({budget_claim(40, 100)}).answer, HoldAnswer::held);
    flush_all();
    EXPECT_TRUE(wait_until([&] { return one->health().losses == 1 && two->health().losses == 1; }));
    EXPECT_TRUE(wait_until([&] { return only_counter(*one).held == 70; }));
}

// What a server says that was made a replica: a virtual address points to another by then, so the
// way to it is looked for anew, and not dozens of times a second.
TEST_F(RedisEpochTest, AReplicaIsAConnectionThatIsLost) {
    const auto store = open();
    Desk desk(*store);
    ASSERT_TRUE(held_soon(desk, budget_claim(10, 100)));
    const HoldId held = desk.id();
    const std::string nowhere = std::to_string(free_port());
    ASSERT_TRUE(server_.ask({"REPLICAOF", "127.0.0.1", nowhere}));
    const Verdict verdict = desk.hold({budget_claim(10, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("away"));
    EXPECT_THAT(verdict.reason, HasSubstr("READONLY"));
    desk.settle(held, {7});
    EXPECT_FALSE(store->flush(1'500));
    EXPECT_FALSE(store->health().available);
    ASSERT_TRUE(server_.ask({"REPLICAOF", "NO", "ONE"}));
    EXPECT_TRUE(store->flush(20'000));
    EXPECT_LT(statistic("total_connections_received"), 40);
    EXPECT_TRUE(store->health().available);
    EXPECT_EQ(only_counter(*store).used, 7);
    EXPECT_EQ(only_counter(*store).held, 0);
    EXPECT_TRUE(held_soon(desk, budget_claim(10, 100)));
    EXPECT_EQ(store->health().losses, 0u);
}

}  // namespace
}  // namespace bellwether::ledger
