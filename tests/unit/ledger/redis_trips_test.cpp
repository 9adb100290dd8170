// How often a call waits for the way to Redis and back: once, for its hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/redis/store.hpp"
#include "redis_desk.hpp"
#include "redis_server.hpp"
#include "slow_way.hpp"

namespace bellwether::ledger {
namespace {

using namespace std::chrono_literals;

constexpr auto k_one_way = 100ms;
constexpr auto k_trip = 2 * k_one_way;

class RedisTripsTest : public testing::Test {
  protected:
    RedisTripsTest() {
        RedisSettings settings = server_.settings();
        settings.port = way_.port();
        store_ = open_redis(settings).value();
        desk_.emplace(*store_);
        // The first one waits for the connection.
        EXPECT_EQ(desk_->hold({claim()}).answer, HoldAnswer::held);
    }
    static Claim claim() { return budget_claim(10, 1'000'000); }

    template <typename Work>
    static std::chrono::steady_clock::duration time(Work work) {
        const auto begun = std::chrono::steady_clock::now();
        work();
        return std::chrono::steady_clock::now() - begun;
    }

    RedisServer server_;
    SlowWay way_{server_.settings().port, k_one_way};
    std::unique_ptr<Store> store_;
    std::optional<Desk> desk_;
};

TEST_F(RedisTripsTest, AHoldTakesOneAndIsDurableThen) {
    const auto taken = time([&] { EXPECT_EQ(desk_->hold({claim()}).answer, HoldAnswer::held); });
    EXPECT_GE(taken, k_trip);
    EXPECT_LT(taken, 2 * k_trip);
    bool durable = false;
    desk_->session().when_durable(desk_->id(), [&](bool is) { durable = is; });
    EXPECT_TRUE(durable) << "from inside";
}

TEST_F(RedisTripsTest, NobodyWaitsForASettlementNorBehindIt) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_LT(time([&] { desk_->settle({7}); }), k_one_way);
        const auto taken = time([&] {
            const Verdict verdict = desk_->hold({claim()});
            ASSERT_EQ(verdict.answer, HoldAnswer::held);
            EXPECT_EQ(verdict.standings[0].used, 7 * (i + 1)) << "it finds the settlement done";
        });
        EXPECT_LT(taken, 2 * k_trip);
    }
}

TEST_F(RedisTripsTest, ManyHoldsAndSettlementsShareOne) {
    const auto taken = time([&] {
        int held = 0;
        boost::asio::io_context& loop = desk_->loop();
        for (int i = 0; i < 50; ++i) {
            const HoldId id = desk_->session().next_id();
            desk_->session().hold({.id = id, .claims = {claim()}}, [&, id](const Verdict& verdict) {
                held += verdict.answer == HoldAnswer::held;
                desk_->settle(id, {7});
            });
        }
        loop.restart();
        while (held < 50) loop.run_one();
    });
    EXPECT_LT(taken, 2 * k_trip);
}

}  // namespace
}  // namespace bellwether::ledger
