// An upstream's own limits: when there is room for the next call, by what it said and by how it
// refused.
#include "policy/upstreams/upstream_meter.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::int64_t k_tokens = 100;  // of every call here

class UpstreamMeterTest : public testing::Test {
  protected:
    milliseconds wait(std::int64_t tokens = k_tokens) const {
        return std::chrono::ceil<milliseconds>(meter.wait(tokens, now));
    }
    void answered(const SaidLimits& said) {
        meter.sent(k_tokens, now);
        meter.answered(k_tokens);
        meter.told(said, now);
        meter.over(k_tokens, true);
    }
    // One that was sent just now, with so many others under way that the meter does not know.
    void refused(std::optional<milliseconds> retry_after, std::int64_t under_way = 1) {
        meter.sent(k_tokens, now);
        meter.refused(retry_after, now, under_way, now);
        meter.over(k_tokens, false);
    }
    void served() {
        meter.sent(k_tokens, now);
        meter.served();
        meter.over(k_tokens, false);
    }

    UpstreamMeter meter;
    UpstreamMeter::Clock::time_point now{1h};
};

TEST_F(UpstreamMeterTest, AnUpstreamThatSaidNothingHasRoom) {
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(wait(), 0ms);
        meter.sent(k_tokens, now);
    }
}

TEST_F(UpstreamMeterTest, WaitsUntilARequestHasComeBack) {
    answered({.requests = {.limit = 60, .remaining = 0, .reset = 60s}});
    EXPECT_EQ(wait(), 1s) << "sixty come back evenly in a minute";
    now += 999ms;
    EXPECT_EQ(wait(), 1ms);
    now += 1ms;
    EXPECT_EQ(wait(), 0ms);
}

TEST_F(UpstreamMeterTest, CountsDownBetweenTwoAnswers) {
    answered({.requests = {.limit = 60, .remaining = 2, .reset = 58s}});
    meter.sent(k_tokens, now);
    EXPECT_EQ(wait(), 0ms);
    meter.sent(k_tokens, now);
    EXPECT_EQ(wait(), 967ms) << "both are taken, and what is gone comes back within 58 s";
}

TEST_F(UpstreamMeterTest, TakesWhatIsUnderWayForNotCountedYet) {
    answered({});
    meter.sent(k_tokens, now);
    meter.sent(k_tokens, now);
    meter.answered(k_tokens);
    meter.told({.requests = {.limit = 10, .remaining = 1, .reset = 9s}}, now);
    EXPECT_EQ(wait(), 900ms) << "the other one takes the one that is left";
}

TEST_F(UpstreamMeterTest, WaitsForAsManyTokensAsTheCallMayTake) {
    answered({.tokens = {.limit = 6'000, .remaining = 1'000, .reset = 50s}});
    EXPECT_EQ(wait(1'000), 0ms);
    EXPECT_EQ(wait(1'100), 1s);
    EXPECT_EQ(wait(6'000), 50s);
    EXPECT_EQ(wait(100'000), 50s) << "more than there ever is has to be tried when all is there";
}

TEST_F(UpstreamMeterTest, ForgetsWhatWasSaidOfTimesThatAreOver) {
    answered({.requests = {.limit = 1, .remaining = 0, .reset = 5s}});
    now += 5s;
    EXPECT_EQ(wait(), 0ms);
    EXPECT_TRUE(meter.idle(now));
}

TEST_F(UpstreamMeterTest, WaitsAsLongAsARefusalAsksFor) {
    refused(20s);
    EXPECT_EQ(wait(), 20s);
    now += 20s;
    EXPECT_EQ(wait(), 0ms);
}

TEST_F(UpstreamMeterTest, AShorterWaitDoesNotEndALongerOne) {
    refused(20s);
    refused(1s);
    EXPECT_EQ(wait(), 20s);
    refused(std::nullopt);
    EXPECT_EQ(wait(), 20s);
}

TEST_F(UpstreamMeterTest, AMinuteIsTheMostThatItBelieves) {
    refused(24h);
    EXPECT_EQ(wait(), 60s);
    now += 60s;
    EXPECT_EQ(wait(), 0ms);
    answered({.requests = {.limit = 1, .remaining = 0, .reset = 24h}});
    for (int minute = 0; minute < 3; ++minute) {
        EXPECT_EQ(wait(), 60s);
        now += 60s;
        EXPECT_EQ(wait(), 0ms) << "one tries";
        meter.sent(k_tokens, now);
    }
}

// What a client says of its call is its word only.
TEST_F(UpstreamMeterTest, NoCallTakesMoreThanThereIs) {
    answered({.tokens = {.limit = 6'000, .remaining = 6'000, .reset = 10s}});
    meter.sent(1'000'000'000, now);
    EXPECT_GT(wait(), 0ms);
    meter.answered(1'000'000'000);
    EXPECT_EQ(wait(), 0ms) << "it was answered without figures: an error";
}

TEST_F(UpstreamMeterTest, NoMoreIsLeftThanThereIs) {
    answered({.requests = {.limit = 1, .remaining = 1'000, .reset = 60s}});
    meter.sent(k_tokens, now);
    EXPECT_GT(wait(), 0ms);
}

TEST_F(UpstreamMeterTest, ARefusalInTheSameInstantIsANewOne) {
    refused({});
    EXPECT_EQ(wait(), 1s);
    refused({});
    EXPECT_EQ(wait(), 2s);
}

// While it is wary it knows what is under way of its own model.
TEST_F(UpstreamMeterTest, ASecondRefusalHalvesWhatIsUnderWayOfItsModel) {
    refused(0ms, 64);
    now += 1ms;
    for (int i = 0; i < 3; ++i) meter.sent(k_tokens, now);
    refused(0ms, 64);
    EXPECT_GT(wait(), 0ms) << "three are more than half of four";
}

TEST_F(UpstreamMeterTest, WhatNeverArrivedTookNothing) {
    answered({.requests = {.limit = 60, .remaining = 2, .reset = 58s}});
    for (int i = 0; i < 60; ++i) {
        meter.sent(k_tokens, now);
        meter.over(k_tokens, false);
    }
    EXPECT_EQ(wait(), 0ms);
}

TEST_F(UpstreamMeterTest, BacksOffByItselfOnlyWhereNoWaitIsAskedFor) {
    for (int i = 0; i < 5; ++i) {
        refused(100ms);
        now += 100ms;
    }
    refused(std::nullopt);
    EXPECT_EQ(wait(), 1s);
}

TEST_F(UpstreamMeterTest, BacksOffFurtherEachTimeThatNoWaitIsAskedFor) {
    for (const milliseconds expected :
         {1'000ms, 2'000ms, 4'000ms, 8'000ms, 16'000ms, 32'000ms, 32'000ms}) {
        refused(std::nullopt);
        EXPECT_EQ(wait(), expected);
        now += expected;
    }
    served();
    refused(std::nullopt);
    EXPECT_EQ(wait(), 1s) << "it has served meanwhile";
}

// A header of zero, or a date that is over, says no more than none.
TEST_F(UpstreamMeterTest, BacksOffWhereAWaitOfNothingIsAskedFor) {
    refused(0ms);
    EXPECT_EQ(wait(), 1s);
    now += 1s;
    refused(-5s);
    EXPECT_EQ(wait(), 2s);
}

TEST_F(UpstreamMeterTest, TellsHowLongToWait) {
    EXPECT_EQ(meter.refused(7s, now, 1, now), 7s);
    now += 7s;
    EXPECT_EQ(meter.refused(std::nullopt, now, 1, now), 1s);
    EXPECT_EQ(meter.refused(0ms, now, 1, now), 2s);
}

TEST_F(UpstreamMeterTest, RefusalsOfWhatWasSentBeforeCountAsOne) {
    const auto sent = now;
    for (int i = 0; i < 5; ++i) meter.sent(k_tokens, now);
    now += 100ms;
    for (int i = 0; i < 5; ++i) {
        meter.refused(std::nullopt, sent, 5, now);
        meter.over(k_tokens, false);
    }
    EXPECT_EQ(wait(), 1s);
    meter.refused(3s, sent, 5, now);
    EXPECT_EQ(wait(), 3s) << "but a wait that is asked for is kept";
}

// Those who waited must not all come at once.
TEST_F(UpstreamMeterTest, GoesOnWithHalfAsManyAtOnceAndGrows) {
    refused(1ms, 6);
    now += 1ms;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(wait(), 0ms) << i;
        meter.sent(k_tokens, now);
    }
    EXPECT_EQ(wait(), 20ms) << "three are under way";
    meter.served();
    meter.over(k_tokens, false);
    meter.sent(k_tokens, now);
    EXPECT_EQ(wait(), 0ms) << "one was served, so four may be";
    meter.sent(k_tokens, now);
    EXPECT_GT(wait(), 0ms);
    now += 60s;
    EXPECT_EQ(wait(), 0ms) << "a minute without a refusal";
}

TEST_F(UpstreamMeterTest, OneIsAlwaysTried) {
    refused(1ms, 1);
    now += 1ms;
    EXPECT_EQ(wait(), 0ms);
    meter.sent(k_tokens, now);
    EXPECT_GT(wait(), 0ms);
}

TEST_F(UpstreamMeterTest, IsNotIdleWhileItMatters) {
    EXPECT_TRUE(meter.idle(now));
    meter.sent(k_tokens, now);
    EXPECT_FALSE(meter.idle(now)) << "one is under way";
    meter.over(k_tokens, false);
    EXPECT_TRUE(meter.idle(now));
    refused(1s);
    EXPECT_FALSE(meter.idle(now));
    now += 60s;
    EXPECT_TRUE(meter.idle(now));
}

TEST_F(UpstreamMeterTest, TellsWhatShareIsLeftOfTheScarcerLimit) {
    EXPECT_EQ(meter.share_left(now), 1) << "nothing is known";
    answered({.requests = {.limit = 100, .remaining = 80, .reset = 60s},
              .tokens = {.limit = 1'000, .remaining = 200, .reset = 60s}});
    EXPECT_DOUBLE_EQ(meter.share_left(now), 0.2);
    now += 15s;
    EXPECT_DOUBLE_EQ(meter.share_left(now), 0.4) << "what was taken comes back evenly";
    meter.sent(k_tokens, now);
    EXPECT_DOUBLE_EQ(meter.share_left(now), 0.325);
    now += 45s;
    EXPECT_EQ(meter.share_left(now), 1);
}

TEST_F(UpstreamMeterTest, AShareIsNeverLessThanNothing) {
    answered({.requests = {.limit = 2, .remaining = 1, .reset = 60s}});
    for (int i = 0; i < 5; ++i) meter.sent(k_tokens, now);
    EXPECT_EQ(meter.share_left(now), 0);
}

}  // namespace
}  // namespace bellwether::policy
