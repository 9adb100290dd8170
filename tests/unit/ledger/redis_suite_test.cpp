// What every store must do, done by the ledger in a real Redis server.
#include <thread>

#include "ledger/redis/store.hpp"
#include "redis_server.hpp"
#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

class RedisUnderTest final : public StoreUnderTest {
  public:
    explicit RedisUnderTest(std::size_t counters_max = k_counters_max)
        : store_(open_redis(settings(counters_max)).value()) {}

    Store& store() override { return *store_; }
    void advance(std::chrono::microseconds time) override { std::this_thread::sleep_for(time); }
    bool time_stands() const override { return false; }
    // Cuts all connections; every third time the server is killed, and comes again.
    bool disturb() override {
        if (++disturbed_ % 3 != 0)
            return server_.ask({"CLIENT", "KILL", "TYPE", "normal"}).has_value();
        server_.stop(SIGKILL);
        server_.start();
        return true;
    }

  private:
    RedisSettings settings(std::size_t counters_max) const {
        RedisSettings settings = server_.settings();
        settings.counters_max = counters_max;
        return settings;
    }

    RedisServer server_;
    int disturbed_ = 0;
    std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Redis, StoreSuite,
                         testing::Values(StoreKind{
                             "redis", [] { return std::make_unique<RedisUnderTest>(); }}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Redis, CrowdedStoreSuite,
    testing::Values(StoreKind{
        "redis", [] { return std::make_unique<RedisUnderTest>(std::size_t{k_crowd}); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bellwether::ledger
