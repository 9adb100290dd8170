#include "ledger/memory.hpp"

#include "clock_under_test.hpp"
#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
  public:
    explicit MemoryUnderTest(MemorySettings settings = {})
        : store_(open_memory(clock_.clock(), settings)) {}

    Store& store() override { return *store_; }
    void advance(std::chrono::microseconds time) override { clock_.advance(time); }

  private:
    ClockUnderTest clock_;
    std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreSuite,
                         testing::Values(StoreKind{
                             "memory", [] { return std::make_unique<MemoryUnderTest>(); }}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Memory, CrowdedStoreSuite,
                         testing::Values(StoreKind{"memory",
                                                   [] {
                                                       return std::make_unique<MemoryUnderTest>(
                                                           MemorySettings{.counters_max = k_crowd});
                                                   }}),
                         [](const auto& info) { return info.param.name; });

TEST(Memory, KeepsTheNewestRows) {
    const auto store = open_memory(system_time_us, {.rows_max = 3});
    Till till(*store);
    for (int i = 0; i < 5; ++i) {
        const auto id = till.held({});
        ASSERT_TRUE(id);
        till.settle(*id, {}, std::to_string(i));
    }
    std::vector<std::string> requests;
    ASSERT_TRUE(
        store->each_usage({}, [&](const UsageRow& row) { requests.push_back(row.request_id); }));
    EXPECT_EQ(requests, (std::vector<std::string>{"2", "3", "4"}));
}

}  // namespace
}  // namespace bellwether::ledger
