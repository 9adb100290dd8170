// How long a client will wait, as its header says.
#include "front/time_allowed.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Clock::time_point k_start = Clock::time_point(1h);

Clock::time_point deadline(std::string_view header) {
    return time_allowed(header, k_start)->deadline;
}

TEST(TimeAllowed, CountsFromTheStartOfTheCall) {
    EXPECT_EQ(deadline("30s"), k_start + 30s);
    EXPECT_EQ(deadline("1500ms"), k_start + 1500ms);
    EXPECT_EQ(deadline("24h"), k_start + 24h);
}

TEST(TimeAllowed, NoHeaderIsNoLimit) {
    const TimeAllowed allowed = *time_allowed("", k_start);
    EXPECT_EQ(allowed.deadline, Clock::time_point::max());
    EXPECT_EQ(allowed.limits.connect, 0ms);
    EXPECT_EQ(allowed.limits.first_byte, 0ms);
    EXPECT_EQ(allowed.limits.idle, 0ms);
}

TEST(TimeAllowed, HasLimitsForEachTryInAnyOrder) {
    for (const char* header :
         {"30s, first_byte=2s, idle=5s, connect=1s", "connect=1s,idle=5s,30s,first_byte=2s",
          " first_byte=2s ,\tconnect=1s,, idle=5s,30s,"}) {
        const auto allowed = time_allowed(header, k_start);
        ASSERT_TRUE(allowed) << header;
        EXPECT_EQ(allowed->deadline, k_start + 30s) << header;
        EXPECT_EQ(allowed->limits.first_byte, 2s) << header;
        EXPECT_EQ(allowed->limits.idle, 5s) << header;
        EXPECT_EQ(allowed->limits.connect, 1s) << header;
    }
}

TEST(TimeAllowed, ALimitForTriesIsNoDeadline) {
    const TimeAllowed allowed = *time_allowed("idle=250ms", k_start);
    EXPECT_EQ(allowed.deadline, Clock::time_point::max());
    EXPECT_EQ(allowed.limits.idle, 250ms);
    EXPECT_EQ(allowed.limits.first_byte, 0ms);
}

TEST(TimeAllowed, NamesTheHeaderThatItRefusesAndWhatIsExpected) {
    for (const char* header : {"30",
                               "0ms",
                               "-1s",
                               "25h",
                               "1.5s",
                               "soon",
                               "30 s",
                               "99999999999999999999s",
                               "1s,2s",
                               "idle=1s,idle=1s",
                               "idle=0s",
                               "idle=",
                               "idle",
                               "=1s",
                               "idle =1s",
                               "Idle=1s",
                               "total=1s",
                               "first_byte=2s,soon",
                               "first_byte=25h",
                               "idle=1s;connect=1s"}) {
        const auto allowed = time_allowed(header, k_start);
        ASSERT_FALSE(allowed) << header;
        EXPECT_EQ(allowed.error().code, "invalid_timeout");
        EXPECT_NE(allowed.error().message.find(k_timeout_header), std::string::npos);
        EXPECT_NE(allowed.error().message.find("first_byte=2s"), std::string::npos);
    }
}

}  // namespace
}  // namespace bellwether::front
