// How many log lines of an isolated plugin's own threads are taken.
#include "plugin/isolated/thread_lines.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin::isolated {
namespace {

using namespace std::chrono_literals;

const ThreadLines::Time k_start{1h};

TEST(ThreadLinesTest, SoManyASecondAreTaken) {
    ThreadLines lines;
    std::size_t taken = 0;
    for (int i = 0; i < 3000; ++i) taken += lines.may(k_start + i * 1ms) ? 1 : 0;
    EXPECT_EQ(taken, 3 * ThreadLines::k_lines_max);
}

// Also of one that never pauses.
TEST(ThreadLinesTest, ThoseLeftOutAreToldOnceInEachSecond) {
    ThreadLines lines;
    EXPECT_EQ(lines.wait_ms(k_start), -1);
    std::uint64_t told = 0;
    std::size_t tellings = 0;
    for (int i = 0; i < 3000; ++i) {
        lines.may(k_start + i * 1ms);
        const auto left_out = lines.to_tell(k_start + i * 1ms);
        told += left_out;
        tellings += left_out > 0 ? 1 : 0;
    }
    EXPECT_EQ(tellings, 2u);
    EXPECT_EQ(lines.wait_ms(k_start + 2999ms), 1);
    EXPECT_EQ(told + lines.to_tell(k_start + 3000ms), 3000 - 3 * ThreadLines::k_lines_max);
    EXPECT_EQ(lines.wait_ms(k_start + 3000ms), -1);
}

}  // namespace
}  // namespace bellwether::plugin::isolated
