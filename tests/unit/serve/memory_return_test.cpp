// What was freed goes back to the system, once it is much and was unused for a while.
#include "serve/memory_return.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <vector>

namespace bellwether::serve {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t k_mib = 1u << 20;
constexpr std::size_t k_block_bytes = 1024;

std::size_t resident() {
    std::size_t all_pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// The allocator of a sanitizer counts nothing and keeps what was freed.
bool is_counted() { return mallinfo2().uordblks != 0; }

// Memory as many calls leave it behind: free but for a block now and then, the last one included,
// so that the allocator gives nothing back by itself.
class LeftBehind {
  public:
    explicit LeftBehind(std::size_t bytes) {
        std::vector<std::unique_ptr<char[]>> blocks;
        for (std::size_t i = 0; i < bytes / k_block_bytes; ++i) {
            blocks.push_back(std::make_unique<char[]>(k_block_bytes));
        }
        for (std::size_t i = 999; i < blocks.size(); i += 1000)
            kept_.push_back(std::move(blocks[i]));
        kept_.push_back(std::move(blocks.back()));
    }

  private:
    std::vector<std::unique_ptr<char[]>> kept_;
};

class MemoryReturnTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!is_counted()) GTEST_SKIP() << "this allocator does not count";
    }
    // Lets it look; whether less than `goal` was resident in the end.
    bool falls_below(std::size_t goal, std::chrono::milliseconds patience) {
        const auto deadline = net::Alarm::Clock::now() + patience;
        while (resident() >= goal && net::Alarm::Clock::now() < deadline) loop.run_one_for(10ms);
        return resident() < goal;
    }

    boost::asio::io_context loop{1};
};

TEST_F(MemoryReturnTest, MuchThatIsUnusedIsReturned) {
    const std::size_t before = resident();
    const LeftBehind blocks(64 * k_mib);
    ASSERT_GT(resident(), before + 60 * k_mib);
    const MemoryReturn returns(loop, 20ms);
    EXPECT_TRUE(falls_below(before + 16 * k_mib, 10s)) << resident() - before;
}

TEST_F(MemoryReturnTest, WhatWasUsedAMomentAgoIsKept) {
    const std::size_t before = resident();
    const LeftBehind blocks(64 * k_mib);
    const MemoryReturn returns(loop, 1h);
    EXPECT_FALSE(falls_below(before + 60 * k_mib, 50ms));
}

// What one call frees the next one finds where it was.
TEST_F(MemoryReturnTest, TheMemoryOfTheNextCallIsNotReturnedInBetween) {
    const MemoryReturn returns(loop, 1h);
    const auto faults = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_minflt;
    };
    const auto call = [] {
        std::vector<std::unique_ptr<char[]>> pieces;
        for (int i = 0; i < 12 * 16; ++i) pieces.push_back(std::make_unique<char[]>(k_mib / 16));
    };
    call();
    const auto before = faults();
    for (int i = 0; i < 20; ++i) call();
    EXPECT_LT(faults() - before, 20) << "it is faulted in again";
}

}  // namespace
}  // namespace bellwether::serve
