// Which calls a canary gets, and when it goes back.
#include "plugin/canary.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

using std::chrono::minutes;

class CanaryTest : public testing::Test {
  protected:
    CanaryTest() : before_(Clock::give(&time_)), record_({500, minutes(5)}, "2.0", "ab") {}
    ~CanaryTest() override { Clock::give(before_); }

    static void count(VersionCount& of, int all, int failed) {
        for (int i = 0; i < all; ++i) of.ended(i < failed ? VersionEnd::failed : VersionEnd::ok);
    }
    static void refuse(VersionCount& of, int refused) {
        for (int i = 0; i < refused; ++i) of.ended(VersionEnd::refused);
    }
    CanaryState judged() const { return record_.judge(Clock::now()); }
    CanaryState judged_at_its_end() {
        time_.now += minutes(5);
        return judged();
    }

    Clock::Simulated time_;
    Clock::Simulated* const before_;
    CanaryRecord record_;
};

TEST_F(CanaryTest, ItsCallsAreSpreadEvenly) {
    for (const int share : {1, 500, 3'333, 9'999}) {
        CanaryRecord record({share, minutes(5)}, "2.0", "ab");
        int taken = 0;
        for (int turn = 1; turn <= 30'000; ++turn) {
            taken += record.takes_next() ? 1 : 0;
            ASSERT_EQ(taken, turn * share / 10'000) << share << " at turn " << turn;
        }
    }
}

TEST_F(CanaryTest, WhatIsDecidedCountsAtOnce) {
    record_.decide(CanaryState::passed);
    for (int turn = 0; turn < 3; ++turn) EXPECT_TRUE(record_.takes_next());
    record_.decide(CanaryState::went_back);
    for (int turn = 0; turn < 30; ++turn) EXPECT_FALSE(record_.takes_next());
}

TEST_F(CanaryTest, ItGetsAllAfterItsTime) {
    EXPECT_EQ(judged(), CanaryState::running);
    EXPECT_EQ(judged_at_its_end(), CanaryState::passed) << "also without a call";
}

TEST_F(CanaryTest, ItGoesBackIfItFailsMore) {
    count(record_.of_old, 400, 4);
    count(record_.of_new, 19, 19);
    EXPECT_EQ(judged(), CanaryState::running) << "too few";
    record_.of_new.ended(VersionEnd::ok);
    EXPECT_EQ(judged(), CanaryState::went_back);
}

TEST_F(CanaryTest, AnUpstreamThatFailsBothDoesNotSendItBack) {
    count(record_.of_old, 400, 200);
    count(record_.of_new, 20, 11);
    EXPECT_EQ(judged(), CanaryState::running) << "5 points more, and not above";
    EXPECT_EQ(judged_at_its_end(), CanaryState::passed);
    record_.of_new.ended(VersionEnd::failed);
    EXPECT_EQ(judged(), CanaryState::went_back) << "12 of 21 are 7 points more";
}

TEST_F(CanaryTest, OfFewAttemptsMostMustHaveFailed) {
    count(record_.of_new, 4, 2);
    EXPECT_EQ(judged_at_its_end(), CanaryState::passed);
    record_.of_new.ended(VersionEnd::failed);
    EXPECT_EQ(judged(), CanaryState::went_back);
    count(record_.of_old, 10, 6);
    EXPECT_EQ(judged(), CanaryState::passed) << "the old one fails as often";
}

TEST_F(CanaryTest, ItGoesBackIfItRefusesWhatTheOldOneAnswers) {
    count(record_.of_old, 380, 0);
    refuse(record_.of_new, 19);
    EXPECT_EQ(judged(), CanaryState::running) << "too few";
    refuse(record_.of_new, 1);
    EXPECT_EQ(judged(), CanaryState::went_back);
}

TEST_F(CanaryTest, ClientsThatAskForWhatIsRefusedDoNotSendItBack) {
    count(record_.of_old, 360, 0);
    refuse(record_.of_old, 40);
    count(record_.of_new, 16, 0);
    refuse(record_.of_new, 4);
    EXPECT_EQ(judged(), CanaryState::running) << "10 points more, which chance explains";
    refuse(record_.of_new, 8);
    EXPECT_EQ(judged(), CanaryState::went_back);
}

TEST_F(CanaryTest, OfFewAttemptsMostMustHaveBeenRefused) {
    count(record_.of_new, 2, 0);
    refuse(record_.of_new, 2);
    EXPECT_EQ(judged_at_its_end(), CanaryState::passed);
    refuse(record_.of_new, 1);
    EXPECT_EQ(judged(), CanaryState::went_back);
}

TEST_F(CanaryTest, RefusalsDoNotHideFailures) {
    count(record_.of_old, 1'000, 50);
    refuse(record_.of_old, 9'000);
    count(record_.of_new, 20, 10);
    refuse(record_.of_new, 180);
    EXPECT_EQ(judged(), CanaryState::went_back) << "half of what was not refused, and not 5 %";
}

}  // namespace
}  // namespace bellwether::plugin
