// A call that is sent to a second target as well: who answers, and what the other one counts.
#include "answered_attempts.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using net::FailureKind;
using testing::HasSubstr;

class HedgedAttempts : public AnsweredAttempts {
  protected:
    HedgedAttempts() : AnsweredAttempts({.percent = 0, .per_second = 1}) {
        targets[1].target.id = 1;
        leeway.hedge = &after;
    }
    // Both targets are asked; the second one's exchange is the last.
    void both(bool stream) {
        begin(stream);
        pass(800ms);
        ASSERT_EQ(wire.upstreams.size(), 2U);
        EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
    }
    net::ScriptedTransport::Upstream& first() { return *wire.upstreams.at(0); }
    net::ScriptedTransport::Upstream& second() { return *wire.upstreams.at(1); }

    config::Hedge after{.after = 800ms};
};

TEST_F(HedgedAttempts, ASecondTargetIsAskedWhenTheFirstIsSlow) {
    begin(true);
    pass(799ms);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    pass(1ms);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    EXPECT_EQ(upstreams.retries.taken(), 1U);
}

TEST_F(HedgedAttempts, TheFirstContentWinsAndTheOtherIsCancelled) {
    both(true);
    second().head(200, "text/event-stream");
    second().event(k_role);
    EXPECT_FALSE(first().dropped()) << "a role is no content";
    second().event(k_hello);
    EXPECT_TRUE(first().dropped());
    EXPECT_EQ(attempts->provider(), "b");
    second().event(k_stop);
    second().event("[DONE]");
    second().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    const CallEnd& end = client.ends[0];
    EXPECT_TRUE(end.result);
    EXPECT_EQ(end.provider, "b");
    EXPECT_EQ(end.attempts, 2U);
    ASSERT_EQ(end.failures.size(), 1U);
    EXPECT_EQ(end.failures[0].provider, "a");
    EXPECT_EQ(end.failures[0].code, "hedge_lost");
    EXPECT_EQ(end.failures[0].followed, Followed::hedge);
    EXPECT_EQ(end.failures[0].usage.source, UsageSource::estimate)
        << "nobody knows what it generated before it was cancelled";
}

TEST_F(HedgedAttempts, TheFirstTargetMayStillWin) {
    both(false);
    first().head(200, "application/json");
    first().says(R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})");
    first().ends();
    EXPECT_TRUE(second().dropped());
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].provider, "a");
    EXPECT_EQ(client.ends[0].failures.at(0).provider, "b");
    EXPECT_EQ(client.ends[0].waited, 800ms);
}

TEST_F(HedgedAttempts, NoSecondTargetIsAskedWhenTheClientsTimeIsOver) {
    call.deadline = Clock::now() + 800ms;
    begin(true);
    pass(800ms);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].result.error().code, "deadline_exceeded");
}

TEST_F(HedgedAttempts, AnAnswerInTimeIsNotHedged) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    pass(2s);
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(HedgedAttempts, IfOneFailsTheOtherGoesOnAlone) {
    for (const std::size_t failing : {0U, 1U}) {
        wire.upstreams.clear();
        client.ends.clear();
        both(false);
        wire.upstreams[failing]->fails(FailureKind::cut);
        EXPECT_TRUE(client.ends.empty());
        auto& left = *wire.upstreams[1 - failing];
        left.head(200, "application/json");
        left.says(R"({"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]})");
        left.ends();
        ASSERT_EQ(client.ends.size(), 1U);
        EXPECT_TRUE(client.ends[0].result);
        EXPECT_EQ(client.ends[0].provider, failing == 0 ? "b" : "a");
        EXPECT_EQ(client.ends[0].failures.size(), 1U);
    }
}

TEST_F(HedgedAttempts, IfBothFailTheCallGoesOnAsAnyOther) {
    both(false);
    first().fails(FailureKind::cut);
    second().fails(FailureKind::cut);
    EXPECT_TRUE(client.ends.empty());
    for (int i = 0; i < 300 && wire.upstreams.size() == 2; ++i) pass(10ms);
    ASSERT_EQ(wire.upstreams.size(), 3U);
    replies("late");
    EXPECT_EQ(client.ends.at(0).attempts, 3U);
}

TEST_F(HedgedAttempts, AClientThatLeavesIsChargedForBoth) {
    both(true);
    const CallEnd end = attempts->outcome(fail(ErrorKind::cancelled, "gone", "client_closed"));
    ASSERT_EQ(end.failures.size(), 1U);
    EXPECT_EQ(end.failures[0].usage.source, UsageSource::estimate);
    EXPECT_EQ(end.usage.source, UsageSource::estimate);
    attempts.reset();
    EXPECT_TRUE(first().dropped() && second().dropped());
}

TEST_F(HedgedAttempts, NoneIsSentOnceTheProcessHasRepeatedEnough) {
    while (upstreams.retries.take(Clock::now())) {
    }
    begin(true);
    pass(2s);
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(HedgedAttempts, NoneIsSentToATargetThatFails) {
    for (int i = 0; i < 5; ++i) {
        upstreams.targets.began(1);
        upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    }
    begin(true);
    pass(2s);
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(HedgedAttempts, OneThatIsWellIsAskedInsteadOfOneThatFails) {
    targets.push_back({.provider = "b", .target = {.provider = 1, .model = "o", .id = 2}});
    for (int i = 0; i < 5; ++i) {
        upstreams.targets.began(1);
        upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    }
    both(true);
    EXPECT_EQ(attempts->model(), "o");
}

TEST_F(HedgedAttempts, ATargetIsTriedByOneHedgeWhenItHasBeenOutOfService) {
    upstreams.targets.began(1);
    for (int i = 0; i < 5; ++i)
        upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    time.now += 11s;
    ASSERT_EQ(upstreams.targets.service(1, Clock::now()), route::Service::trial_due);
    both(true);
    EXPECT_EQ(upstreams.targets.service(1, Clock::now()), route::Service::out) << "for the others";
}

TEST_F(HedgedAttempts, OneThatIsNotSentLeavesTheTrialToOthers) {
    upstreams.targets.began(1);
    for (int i = 0; i < 5; ++i)
        upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    time.now += 11s;
    while (upstreams.retries.take(Clock::now())) {
    }
    begin(true);
    pass(800ms);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    EXPECT_EQ(upstreams.targets.service(1, Clock::now()), route::Service::trial_due);
}

TEST_F(HedgedAttempts, NoneIsSentForAClientThatHasLeft) {
    begin(true);
    attempts->leave_off();
    pass(2s);
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(HedgedAttempts, APercentileOfWhatTheTargetTookBeforeSaysWhen) {
    after = {.after = 0ms, .percentile = 95};
    begin(true);
    pass(3s);
    EXPECT_EQ(wire.upstreams.size(), 1U) << "nothing is known yet";
    attempts.reset();
    for (int i = 0; i < 100; ++i)
        upstreams.targets.content_after(0, route::AnswerForm::stream, 100ms);
    wire.upstreams.clear();
    begin(true);
    pass(200ms);
    EXPECT_EQ(wire.upstreams.size(), 2U);
}

TEST_F(HedgedAttempts, NoneIsSentWhileMoreIsHeldForTheNextTry) {
    Leeway::OnHeld held;
    leeway.hold_more = [&](const Prospect&, Leeway::OnHeld then) { held = std::move(then); };
    begin(true);
    streams();
    wire.last().event(k_role);
    wire.last().fails(FailureKind::cut);  // what it generated takes one of the two holds
    ASSERT_EQ(wire.upstreams.size(), 2U);
    streams();
    wire.last().event(k_role);
    wire.last().fails(FailureKind::cut);
    ASSERT_TRUE(held);
    pass(2s);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    held({});
    for (int i = 0; i < 300 && wire.upstreams.size() == 2; ++i) pass(10ms);
    EXPECT_EQ(wire.upstreams.size(), 3U);
}

// A hedge hides from its client that the first target is dead, and must not hide it from the host.
TEST_F(HedgedAttempts, ATargetThatLosesInSilenceEachTimeGoesOutOfService) {
    upstreams.targets.content_after(0, route::AnswerForm::stream, 10ms);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(upstreams.targets.service(0, Clock::now()), route::Service::in) << i;
        wire.upstreams.clear();
        both(true);
        second().head(200, "text/event-stream");
        second().event(k_hello);
        attempts.reset();
        // What it took longer than usual is not its usual time yet.
        for (int k = 0; k < 50; ++k)
            upstreams.targets.content_after(0, route::AnswerForm::stream, 10ms);
    }
    EXPECT_EQ(upstreams.targets.service(0, Clock::now()), route::Service::out);
}

}  // namespace
}  // namespace bellwether::policy
