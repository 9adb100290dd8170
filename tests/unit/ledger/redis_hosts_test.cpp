// Several hosts that share one Redis server: none may overspend, and none may be missed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "ledger/redis/store.hpp"
#include "redis_desk.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

class RedisHostsTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open(std::int64_t lease_ms) {
        RedisSettings settings = server_.settings();
        settings.lease_ms = lease_ms;
        auto store = open_redis(settings);
        EXPECT_TRUE(store) << store.error().message;
        return std::move(*store);
    }

    RedisServer server_;
};

TEST_F(RedisHostsTest, CallsOfALostHostAreSettledAtTheirEstimate) {
    {
        const auto lost = open(600);
        Desk desk(*lost);
        Claim calls{
            .measure = Measure::concurrency, .counter = {"calls", ""}, .amount = 1, .limit = 1};
        for (int i = 0; i < 250; ++i) {
            calls.counter.value = std::to_string(i);
            ASSERT_EQ(
                desk.hold({budget_claim(10, 10'000), calls}, {.request_id = "lost", .status = 200})
                    .answer,
                HoldAnswer::held);
        }
    }
    const auto store = open(600);
    ASSERT_TRUE(wait_until([&] { return all_usage(*store).size() == 250; }));
    const auto counters = store->counters();
    ASSERT_EQ(counters->size(), 251u);
    for (const StoredCounter& counter : *counters) EXPECT_EQ(counter.held, 0);
    EXPECT_EQ(counters->back().used, 2'500);
    const UsageRow row = all_usage(*store).front();
    EXPECT_EQ(row.request_id, "lost");
    EXPECT_EQ(row.status, 0);
    EXPECT_EQ(row.error, "host_lost");
    EXPECT_EQ(row.usage.source, UsageSource::estimate);
}

TEST_F(RedisHostsTest, AHostThatComesBackCorrectsWhatWasSettledForIt) {
    const auto partitioned = open(60'000);
    Desk desk(*partitioned);
    ASSERT_EQ(desk.hold({budget_claim(10, 100)}, {.request_id = "r"}).answer, HoldAnswer::held);
    const std::string host = std::to_string(desk.id().host);
    ASSERT_TRUE(server_.ask({"ZADD", "{bellwether}:hosts", "1", host}));
    const auto other = open(600);
    ASSERT_TRUE(wait_until([&] { return all_usage(*other).size() == 1; }));
    EXPECT_EQ(only_counter(*other).used, 10);
    for (int i = 0; i < 2; ++i) {
        desk.settle({4}, {.request_id = "r", .status = 200});
        ASSERT_TRUE(partitioned->flush(10'000));
        EXPECT_EQ(only_counter(*other).used, 4);
        EXPECT_EQ(only_counter(*other).held, 0);
        ASSERT_EQ(all_usage(*other).size(), 1u);
        EXPECT_EQ(all_usage(*other).front().status, 200);
    }
    EXPECT_EQ(desk.hold({budget_claim(96, 100)}).answer, HoldAnswer::held);
}

TEST_F(RedisHostsTest, AHostThatComesBackGivesBackNoPlaceOfAnother) {
    const Claim place{
        .measure = Measure::concurrency, .counter = {"calls", ""}, .amount = 1, .limit = 1};
    const auto partitioned = open(60'000);
    Desk late(*partitioned);
    ASSERT_EQ(late.hold({place}, {.request_id = "r"}).answer, HoldAnswer::held);
    const std::string host = std::to_string(late.id().host);
    ASSERT_TRUE(server_.ask({"ZADD", "{bellwether}:hosts", "1", host}));
    const auto store = open(60'000);
    ASSERT_TRUE(wait_until([&] { return all_usage(*store).size() == 1; }));
    Desk other(*store);
    ASSERT_EQ(other.hold({place}).answer, HoldAnswer::held);
    late.settle({0}, {.request_id = "r"});
    ASSERT_TRUE(partitioned->flush(10'000));
    EXPECT_EQ(only_counter(*store).held, 1);
    EXPECT_EQ(other.hold({place}).answer, HoldAnswer::refused);
}

TEST_F(RedisHostsTest, AHostThatLeavesIsForgotten) {
    open(60'000);
    const auto hosts = server_.ask({"ZCARD", "{bellwether}:hosts"});
    ASSERT_TRUE(hosts);
    EXPECT_EQ(hosts->integer, 0);
}

// Each settles less than it holds, so that what fits depends on all others, until nothing does.
TEST_F(RedisHostsTest, FourHostsOfManyThreadsNeverOverspend) {
    constexpr std::int64_t k_limit = 20'000;
    std::atomic<std::int64_t> settled = 0;
    std::atomic<int> broken = 0;
    std::vector<std::unique_ptr<Store>> stores;
    for (int i = 0; i < 4; ++i) stores.push_back(open(15'000));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i) {
            threads.emplace_back([&, i] {
                Desk desk(*stores[static_cast<std::size_t>(i % 4)]);
                std::minstd_rand random(static_cast<unsigned>(i + 1));
                while (true) {
                    const std::int64_t amount = 50 + static_cast<std::int64_t>(random() % 50);
                    const Verdict verdict = desk.hold({budget_claim(amount, k_limit)});
                    const Standing& stands = verdict.standings.at(0);
                    if (stands.used + stands.held > k_limit) ++broken;
                    if (verdict.answer != HoldAnswer::held) break;
                    settled += amount / 2;
                    desk.settle({amount / 2});
                }
            });
        }
    }
    EXPECT_EQ(broken, 0);
    for (const auto& store : stores) ASSERT_TRUE(store->flush(20'000));
    const StoredCounter counter = only_counter(*stores[0]);
    EXPECT_EQ(counter.used, settled);
    EXPECT_EQ(counter.held, 0);
    EXPECT_LE(counter.used, k_limit);
    EXPECT_GT(counter.used, k_limit - 16 * 100);
}

// A process that holds and settles until nothing fits. Never comes back.
[[noreturn]] void spend(const RedisSettings& settings, int told) {
    {
        auto store = open_redis(settings);
        Desk desk(**store);
        while (desk.hold({budget_claim(10, 13'700)}).answer == HoldAnswer::held) {
            desk.settle({10});
            if (write(told, ".", 1) != 1) break;
        }
    }
    _exit(0);
}

TEST_F(RedisHostsTest, FourProcessesSpendExactlyWhatThereIsThoughOneIsKilled) {
    RedisSettings settings = server_.settings();
    settings.lease_ms = 900;
    std::vector<pid_t> children;
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    for (int i = 0; i < 4; ++i) {
        children.push_back(fork());
        if (children.back() == 0) spend(settings, told[1]);
    }
    close(told[1]);
    char byte = 0;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(read(told[0], &byte, 1), 1);
    kill(children[0], SIGKILL);
    while (read(told[0], &byte, 1) == 1) continue;
    for (const pid_t child : children) waitpid(child, nullptr, 0);
    close(told[0]);
    const auto store = open(900);
    EXPECT_TRUE(wait_until([&] { return only_counter(*store).held == 0; }));
    EXPECT_EQ(only_counter(*store).used, 13'700);
    EXPECT_EQ(all_usage(*store).size(), 1'370u);
}

TEST_F(RedisHostsTest, FourHostsShareOneRate) {
    constexpr std::int64_t k_per_second = 500, k_burst = 100, k_run_us = 4'000'000;
    std::vector<std::unique_ptr<Store>> stores;
    for (int i = 0; i < 4; ++i) stores.push_back(open(15'000));
    std::atomic<std::int64_t> admitted = 0;
    const auto start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (const auto& store : stores) {
            threads.emplace_back([&] {
                Desk desk(*store);
                while (std::chrono::steady_clock::now() - start <
                       std::chrono::microseconds(k_run_us)) {
                    const Verdict verdict =
                        desk.hold({rate_claim(1, k_per_second, 1'000'000, k_burst)});
                    if (verdict.answer == HoldAnswer::held) ++admitted;
                    if (verdict.answer == HoldAnswer::refused) {
                        std::this_thread::sleep_for(
                            std::chrono::microseconds(verdict.standings[0].wait_us));
                    }
                }
            });
        }
    }
    const auto passed = std::chrono::steady_clock::now() - start;
    const double seconds = std::chrono::duration<double>(passed).count();
    const double most = k_burst + k_per_second * seconds;
    EXPECT_LE(static_cast<double>(admitted), most + 1);
    // What sharing costs; and what no thread came for in time, on a machine that is busy.
    EXPECT_GE(static_cast<double>(admitted), (k_burst + k_per_second * k_run_us / 1e6) * 0.95);
}

}  // namespace
}  // namespace bellwether::ledger
