// The ledger while its Redis server is away, frozen, restarted or refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/redis/store.hpp"
#include "redis_desk.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Store> opened(RedisSettings settings) {
    auto store = open_redis(std::move(settings));
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
}

bool held_soon(Desk& desk, const Claim& claim) {
    return wait_until([&] { return desk.hold({claim}).answer == HoldAnswer::held; });
}

TEST(RedisOutage, AServerThatIsAwayIsWaitedFor) {
    RedisServer server;
    server.stop();
    EXPECT_THAT(try_redis(server.settings()).value_or("an error"), HasSubstr("is away"));
    const auto store = opened(server.settings());
    Desk desk(*store);
    const Verdict verdict = desk.hold({budget_claim(1, 10)});
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("redis://127.0.0.1:"));
    EXPECT_THAT(verdict.reason, HasSubstr("refused"));
    EXPECT_FALSE(store->counters());
    server.start();
    EXPECT_TRUE(held_soon(desk, budget_claim(1, 10)));
}

TEST(RedisOutage, AWrongPasswordIsToldAtOnceAndNeverRepeated) {
    RedisServer server({.password = "right"});
    EXPECT_TRUE(open_redis(server.settings()));
    RedisSettings settings = server.settings();
    for (const char* password : {"very-wrong", ""}) {
        settings.password = password;
        const auto store = open_redis(settings);
        ASSERT_FALSE(store);
        EXPECT_THAT(store.error().message, HasSubstr(server.settings().name()));
        EXPECT_THAT(store.error().message, Not(HasSubstr("very-wrong")));
        const auto tried = try_redis(settings);
        ASSERT_FALSE(tried);
        EXPECT_EQ(tried.error().message, store.error().message);
    }
}

TEST(RedisOutage, ATrialLeavesNothingAtTheServer) {
    RedisServer server;
    EXPECT_EQ(try_redis(server.settings()), "");
    EXPECT_EQ(server.ask({"DBSIZE"})->integer, 0);
    const auto store = opened(server.settings());
    EXPECT_GT(server.ask({"DBSIZE"})->integer, 0);
}

TEST(RedisOutage, NothingIsLostWhenTheServerIsKilled) {
    RedisServer server;
    const auto store = opened(server.settings());
    Desk desk(*store);
    desk.hold({budget_claim(60, 100)});
    const HoldId first = desk.id();
    desk.hold({budget_claim(20, 100)});
    const HoldId second = desk.id();
    server.stop(SIGKILL);
    desk.settle(first, {25}, {.request_id = "first"});
    EXPECT_FALSE(store->flush(50));
    EXPECT_TRUE(wait_until(
        [&] { return desk.hold({budget_claim(1, 100)}).answer == HoldAnswer::unavailable; }));
    server.start();
    EXPECT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 25);
    EXPECT_TRUE(held_soon(desk, budget_claim(55, 100)));
    desk.settle(second, {20});
    desk.settle({55});
    EXPECT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 100);
    EXPECT_EQ(only_counter(*store).held, 0);
    EXPECT_EQ(all_usage(*store).size(), 3u);
}

TEST(RedisOutage, AConnectionThatIsCutIsMadeAgain) {
    RedisServer server;
    const auto store = opened(server.settings());
    Desk desk(*store);
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(held_soon(desk, budget_claim(1, 100)));
        ASSERT_TRUE(server.ask({"CLIENT", "KILL", "TYPE", "normal"}));
        desk.settle({1});
    }
    EXPECT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 5);
    EXPECT_EQ(only_counter(*store).held, 0);
}

// The server does carry it out, once it is thawed.
TEST(RedisOutage, AHoldWhoseAnswerWasLostIsTakenBack) {
    RedisServer server;
    RedisSettings settings = server.settings();
    settings.answer_limit_ms = 300;
    const auto store = opened(settings);
    Desk desk(*store);
    ASSERT_TRUE(held_soon(desk, budget_claim(1, 100)));
    desk.settle({1});
    ASSERT_TRUE(store->flush(20'000));
    server.freeze();
    const Verdict verdict = desk.hold({budget_claim(50, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("no answer within 300 ms"));
    EXPECT_FALSE(store->flush(0));
    server.thaw();
    EXPECT_TRUE(store->flush(20'000));
    ASSERT_TRUE(server.ask({"PING"}));
    EXPECT_EQ(only_counter(*store).held, 0);
    EXPECT_EQ(only_counter(*store).used, 1);
}

TEST(RedisOutage, AServerThatRefusesToWriteIsAskedAgain) {
    RedisServer server;
    const auto store = opened(server.settings());
    Desk desk(*store);
    ASSERT_TRUE(held_soon(desk, budget_claim(10, 100)));
    const HoldId held = desk.id();
    ASSERT_TRUE(server.ask({"CONFIG", "SET", "min-replicas-to-write", "1"}));
    const Verdict verdict = desk.hold({budget_claim(10, 100)});
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("NOREPLICAS"));
    desk.settle(held, {7});
    EXPECT_FALSE(store->flush(50));
    ASSERT_TRUE(server.ask({"CONFIG", "SET", "min-replicas-to-write", "0"}));
    EXPECT_TRUE(store->flush(20'000));
    EXPECT_EQ(only_counter(*store).used, 7);
    EXPECT_EQ(only_counter(*store).held, 0);
}

TEST(RedisOutage, TlsIsSpokenAndTheServerIsVerified) {
    RedisServer server({.password = "right", .encrypted = true});
    const auto store = opened(server.settings());
    Desk desk(*store);
    EXPECT_EQ(desk.hold({budget_claim(10, 100)}).answer, HoldAnswer::held);
    EXPECT_TRUE(store->counters());

    RedisSettings unknown = server.settings();
    unknown.ca_file.clear();
    RedisSettings misnamed = server.settings();
    misnamed.host = "127.0.0.1";
    RedisSettings missing = server.settings();
    missing.ca_file = "/nowhere/ca.pem";
    for (const RedisSettings& settings : {unknown, misnamed, missing}) {
        const auto other = opened(settings);
        Desk refused(*other);
        const Verdict verdict = refused.hold({budget_claim(10, 100)});
        EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
        EXPECT_THAT(verdict.reason, testing::AnyOf(HasSubstr("TLS failed"),
                                                   HasSubstr("authorities of /nowhere/ca.pem")));
    }
}

}  // namespace
}  // namespace bellwether::ledger
