// The four limits as a pure function of what has happened and when.
#include "policy/attempts/deadlines.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Clock::time_point k_start = Clock::time_point(1h);
const TimeLimits k_limits{.first_byte = 20s, .idle = 30s, .total = 60s};

Progress waiting() { return {.started = k_start, .last_alive = k_start}; }
Progress streaming(Clock::time_point last) {
    return {.started = k_start, .last_alive = last, .body_begun = true};
}

TEST(Deadlines, NothingIsLateAtFirst) {
    const TimeCheck check = judge(k_limits, waiting(), k_start + 19s);
    EXPECT_EQ(check.expired, nullptr);
    EXPECT_EQ(check.look_again, k_start + 20s);
}

TEST(Deadlines, TheFirstByteIsLate) {
    EXPECT_STREQ(judge(k_limits, waiting(), k_start + 20s).expired, "first_byte_timeout");
}

TEST(Deadlines, OfSeveralThatAreLateTheFirstOneIsTold) {
    TimeLimits limits = k_limits;
    limits.deadline = k_start + 30s;
    const TimeCheck check = judge(limits, waiting(), k_start + 100s);
    EXPECT_STREQ(check.expired, "first_byte_timeout");
    EXPECT_EQ(check.limit, 20s);
}

TEST(Deadlines, SilenceIsCountedFromTheLastSignOfLife) {
    EXPECT_EQ(judge(k_limits, streaming(k_start + 15s), k_start + 44s).expired, nullptr);
    EXPECT_STREQ(judge(k_limits, streaming(k_start + 15s), k_start + 45s).expired, "idle_timeout");
}

TEST(Deadlines, APausedReaderIsNotTheUpstreamsSilence) {
    Progress progress = streaming(k_start + 5s);
    progress.paused = true;
    EXPECT_EQ(judge(k_limits, progress, k_start + 55s).expired, nullptr);
}

TEST(Deadlines, TheWholeIsLateHoweverLively) {
    EXPECT_STREQ(judge(k_limits, streaming(k_start + 59s), k_start + 60s).expired, "total_timeout");
}

TEST(Deadlines, TheClientsOwnCutsEveryAttempt) {
    TimeLimits limits = k_limits;
    limits.deadline = k_start + 10s;
    EXPECT_EQ(judge(limits, waiting(), k_start + 9s).expired, nullptr);
    EXPECT_EQ(judge(limits, waiting(), k_start + 9s).look_again, k_start + 10s);
    EXPECT_STREQ(judge(limits, waiting(), k_start + 10s).expired, "deadline_exceeded");
    EXPECT_STREQ(judge(limits, streaming(k_start + 9s), k_start + 10s).expired,
                 "deadline_exceeded");
}

TEST(Deadlines, WhatIsLeftShrinksFromAttemptToAttempt) {
    TimeLimits limits = k_limits;
    EXPECT_EQ(time_left(limits, k_start), 60s);
    limits.deadline = k_start + 10s;
    EXPECT_EQ(time_left(limits, k_start), 10s);
    EXPECT_EQ(time_left(limits, k_start + 8s), 2s);
    EXPECT_EQ(time_left(limits, k_start + 11s), 1ms);  // zero would be: no limit
}

TEST(Deadlines, WhatIsLeftIsNoMoreThanAnAttemptMayTake) {
    TimeLimits limits{.total = 5s, .deadline = k_start + 10s};
    EXPECT_EQ(time_left(limits, k_start), 5s);
    limits.total = 0s;
    EXPECT_EQ(time_left(limits, k_start), 10s);
    limits.deadline = k_start + 1500us;
    EXPECT_EQ(time_left(limits, k_start), 2ms) << "a part of a millisecond is a whole one";
}

TEST(Deadlines, ZeroIsNoLimit) {
    const TimeCheck check = judge({}, streaming(k_start), k_start + 1000h);
    EXPECT_EQ(check.expired, nullptr);
    EXPECT_EQ(check.look_again, Clock::time_point::max());
}

TEST(Deadlines, AStreamHasATotalOfItsOwn) {
    const config::Timeouts timeouts{.total = 60s, .stream_total = 10min};
    EXPECT_EQ(limits_of(timeouts, false).total, 60s);
    EXPECT_EQ(limits_of(timeouts, true).total, 10min);
}

TEST(Deadlines, LooksAgainBeforeSilenceCouldMatter) {
    const TimeLimits limits{.first_byte = 60s, .idle = 1s, .total = 0s};
    EXPECT_LE(judge(limits, waiting(), k_start).look_again, k_start + 1s);
}

TEST(Deadlines, TheClientMakesThemShorterAndNeverLonger) {
    const config::Timeouts timeouts{.connect = 5s, .first_byte = 20s, .idle = 0s};
    const config::Timeouts same = shortened(timeouts, {});
    EXPECT_EQ(same.connect, 5s);
    EXPECT_EQ(same.first_byte, 20s);
    EXPECT_EQ(same.idle, 0s);
    const config::Timeouts shorter =
        shortened(timeouts, {.connect = 1s, .first_byte = 30s, .idle = 7s});
    EXPECT_EQ(shorter.connect, 1s);
    EXPECT_EQ(shorter.first_byte, 20s);
    EXPECT_EQ(shorter.idle, 7s) << "zero is no limit";
    EXPECT_EQ(shorter.total, timeouts.total);
}

// It says nothing of the target that it did not meet the wish of one client.
TEST(Deadlines, AreTheClientsOwnWhereItsLimitCameFirst) {
    const config::Timeouts timeouts{.connect = 5s, .first_byte = 20s, .idle = 0s};
    const ClientLimits hurry{.connect = 1s, .first_byte = 30s, .idle = 7s};
    EXPECT_TRUE(is_clients_limit("connect_timeout", timeouts, hurry));
    EXPECT_FALSE(is_clients_limit("first_byte_timeout", timeouts, hurry));
    EXPECT_TRUE(is_clients_limit("idle_timeout", timeouts, hurry));
    EXPECT_TRUE(is_clients_limit("deadline_exceeded", timeouts, {}));
    for (const char* code : {"connect_timeout", "first_byte_timeout", "idle_timeout"}) {
        EXPECT_FALSE(is_clients_limit(code, timeouts, {})) << code;
    }
    EXPECT_FALSE(is_clients_limit("total_timeout", timeouts, hurry));
}

}  // namespace
}  // namespace bellwether::policy
