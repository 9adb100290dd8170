// When a plugin's process comes back.
#include "plugin/isolated/revival.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace bellwether::plugin::isolated {
namespace {

using namespace std::chrono_literals;

class RevivalTest : public testing::Test {
  protected:
    Revival::Decision end_after(std::chrono::milliseconds time) {
        now_ += time;
        return revival_.ended(now_);
    }

    Revival revival_;
    Revival::Time now_{1h};
};

TEST_F(RevivalTest, EachWaitIsLongerThanTheLast) {
    EXPECT_EQ(end_after(0ms).wait, 100ms);
    EXPECT_EQ(end_after(1s).wait, 300ms);
    EXPECT_EQ(end_after(1s).wait, 900ms);
    EXPECT_EQ(end_after(1s).wait, 2'700ms);
}

TEST_F(RevivalTest, TheFifthEndWithinTheWindowIsOneTooMany) {
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(end_after(1s).quarantined);
    const auto last = end_after(1s);
    EXPECT_TRUE(last.quarantined);
    EXPECT_EQ(last.wait, 10min);
}

TEST_F(RevivalTest, AfterAQuarantineTheCountBeginsAnew) {
    for (int i = 0; i < 5; ++i) end_after(1s);
    EXPECT_EQ(end_after(10min).wait, 100ms);
}

TEST_F(RevivalTest, EndsThatAreLongAgoDoNotCount) {
    for (int i = 0; i < 20; ++i) {
        const auto next = end_after(11min);
        EXPECT_FALSE(next.quarantined);
        EXPECT_EQ(next.wait, 100ms);
    }
}

}  // namespace
}  // namespace bellwether::plugin::isolated
