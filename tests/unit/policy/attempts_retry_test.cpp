// A call that is tried again: when, how often, where, and what its client is told in the end.
#include "answered_attempts.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using net::FailureKind;
using testing::HasSubstr;

class RetriedAttempts : public AnsweredAttempts {
  protected:
    RetriedAttempts() : AnsweredAttempts({.percent = 0, .per_second = 1}) {
        targets.resize(1);
        own.retry = {.attempts = 5, .first = 2s, .longest = 60s, .within = 600s};
        targets[0].target.target = &own;
    }
    // Moves the time on, in small steps, until the next try has begun.
    std::chrono::milliseconds until_next_try(std::chrono::milliseconds longest = 70s) {
        const std::size_t before = wire.upstreams.size();
        const auto began = time.now;
        while (wire.upstreams.size() == before && time.now - began < longest) pass(10ms);
        return std::chrono::duration_cast<std::chrono::milliseconds>(time.now - began);
    }
    const Error& told() const { return client.ends.at(0).result.error(); }

    config::Target own;
};

TEST_F(RetriedAttempts, TheSameTargetIsAskedAgainAfterAPause) {
    begin(false);
    refuses(503);
    EXPECT_EQ(wire.upstreams.size(), 1U) << "not at once";
    EXPECT_LE(until_next_try(), 2010ms);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    replies("at last");
    EXPECT_THAT(client.reply, HasSubstr("at last"));
    ASSERT_EQ(client.ends.size(), 1U);
    const CallEnd& end = client.ends[0];
    EXPECT_TRUE(end.result);
    EXPECT_EQ(end.attempts, 2U);
    ASSERT_EQ(end.failures.size(), 1U);
    EXPECT_EQ(end.failures[0].followed, Followed::same_target);
    EXPECT_FALSE(end.last_error);
    EXPECT_EQ(end.waited, time.now - call.started) << "the pause is no work of the host";
}

TEST_F(RetriedAttempts, ItIsTriedAsOftenAsItMayBeAndTheClientIsToldNotToRepeatIt) {
    begin(false);
    for (int i = 0; i < 4; ++i) {
        refuses(503);
        until_next_try();
    }
    ASSERT_EQ(wire.upstreams.size(), 5U);
    refuses(503);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].attempts, 5U);
    EXPECT_TRUE(told().final);
    EXPECT_EQ(told().http_status, 503);
    EXPECT_LE(time.now - call.started, (2s + 4s + 8s + 16s) + 1s);
}

TEST_F(RetriedAttempts, AnUpstreamThatSaysWhenIsAskedThen) {
    begin(false);
    refuses(429, {{"retry-after", "7"}});
    const auto wait = until_next_try();
    EXPECT_GE(wait, 7s);
    EXPECT_LE(wait, 7710ms);
}

// The SDKs believe a minute at the most, and then repeat the call when they like.
TEST_F(RetriedAttempts, AClientThatWouldNotWaitAsLongAsItIsToldIsToldNotToRepeatTheCall) {
    own.retry.within = 30s;
    for (const auto& [wait, final] : {std::pair("60", false), std::pair("61", true)}) {
        begin(false);
        refuses(503);
        until_next_try();
        refuses(503, {{"retry-after", wait}});
        ASSERT_EQ(client.ends.size(), 1U) << wait;
        EXPECT_EQ(told().final, final) << wait;
        attempts.reset();
        client.ends.clear();
        wire.upstreams.clear();
    }
}

TEST_F(RetriedAttempts, NoTryBeginsAfterTheClientsDeadline) {
    call.deadline = Clock::now() + 5s;
    begin(false);
    refuses(429, {{"retry-after", "7"}});
    ASSERT_EQ(client.ends.size(), 1U) << "to wait would be in vain";
    EXPECT_EQ(told().kind, ErrorKind::rate);
    EXPECT_EQ(told().retry_after, 7s);
    EXPECT_FALSE(told().final) << "the client may wait longer than the host could";
}

TEST_F(RetriedAttempts, NoTryBeginsLaterThanTheOperatorAllows) {
    own.retry.within = 6s;
    begin(false);
    refuses(429, {{"retry-after", "7"}});
    EXPECT_EQ(client.ends.size(), 1U);
}

// What the first try may have used takes all that was held, so the ledger is asked for more.
class RetriedOnceMoreIsHeld : public RetriedAttempts {
  protected:
    RetriedOnceMoreIsHeld() {
        leeway.hold_more = [this](const Prospect&, Leeway::OnHeld then) { held = std::move(then); };
    }
    // The ledger takes so long to answer.
    void fails_and_is_held_for_after(std::chrono::milliseconds time) {
        begin(true);
        streams();
        wire.last().fails(FailureKind::cut);
        ASSERT_TRUE(held);
        pass(time);
        held({});
    }

    Leeway::OnHeld held;
};

TEST_F(RetriedOnceMoreIsHeld, TheNextTryBegins) {
    fails_and_is_held_for_after(10ms);
    until_next_try();
    EXPECT_EQ(wire.upstreams.size(), 2U);
}

TEST_F(RetriedOnceMoreIsHeld, ACallThatIsRefusedMoreGoesWhereItIsNot) {
    for (const char* model : {"n", "o"}) {
        targets.push_back({.provider = "b", .target = {.provider = 1, .model = model, .id = 1}});
        targets.back().target.target = &own;
    }
    begin(true);
    streams();
    wire.last().fails(FailureKind::cut);
    ASSERT_TRUE(held);
    std::exchange(held, {})(fail(ErrorKind::budget, "spent"));
    ASSERT_TRUE(held) << "more is asked for at the next one";
    std::exchange(held, {})({});
    ASSERT_EQ(wire.upstreams.size(), 2U);
    streams();
    EXPECT_EQ(attempts->model(), "o");
}

TEST_F(RetriedOnceMoreIsHeld, NoTryBeginsIfTheClientsDeadlineHasPassedMeanwhile) {
    call.deadline = Clock::now() + 5s;
    fails_and_is_held_for_after(5s);
    until_next_try();
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(told().code, "deadline_exceeded");
    EXPECT_TRUE(client.ends[0].failures.empty()) << "the one that failed is the last";
}

TEST_F(RetriedOnceMoreIsHeld, NoTryBeginsIfTheOperatorsTimeHasPassedMeanwhile) {
    own.retry.within = 5s;
    fails_and_is_held_for_after(5s);
    until_next_try();
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(told().code, "upstream_cut");
}

TEST_F(RetriedAttempts, WhatWillNotPassIsNotRepeated) {
    for (const int status : {400, 401, 404}) {
        client.ends.clear();
        wire.upstreams.clear();
        begin(false);
        refuses(status);
        ASSERT_EQ(client.ends.size(), 1U) << status;
        EXPECT_FALSE(told().final);
    }
}

TEST_F(RetriedAttempts, OnceTheProcessHasRepeatedEnoughACallIsNotRepeated) {
    while (upstreams.retries.take(Clock::now())) {
    }
    begin(false);
    refuses(503);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(told().final) << "else the client would do it";
    EXPECT_EQ(client.ends[0].attempts, 1U);
}

TEST_F(RetriedAttempts, NothingIsRepeatedAfterContent) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.chunks.size(), 1U);
    EXPECT_FALSE(client.ends[0].result);
}

TEST_F(RetriedAttempts, ACallThatIsGivenUpInAPauseIsChargedForItsTriesOnce) {
    begin(true);
    streams();
    wire.last().fails(FailureKind::cut);
    ASSERT_TRUE(client.ends.empty());
    const CallEnd end = attempts->outcome(fail(ErrorKind::cancelled, "gone", "client_closed"));
    EXPECT_TRUE(end.failures.empty()) << "the one that failed is the last attempt";
    EXPECT_EQ(end.attempts, 1U);
    ASSERT_TRUE(end.last_error);
    EXPECT_EQ(end.last_error->code, "upstream_cut");
    attempts.reset();
    pass(70s);
    EXPECT_EQ(wire.upstreams.size(), 1U) << "and is never tried again";
}

// Both targets fail for a moment: the first is asked again after both.
class RetriedAtTwo : public RetriedAttempts {
  protected:
    RetriedAtTwo() {
        targets.push_back({.provider = "b", .target = {.provider = 1, .model = "n", .id = 1}});
        targets[1].target.target = &own;
    }
};

// What is held for a try at b, which may be cheaper, is not enough for one at a.
TEST_F(RetriedAtTwo, MoreIsHeldForATryElsewhereThanAtTheTargetThatWasHeldFor) {
    std::vector<std::string> held_at;
    leeway.hold_more = [&](const Prospect& target, const Leeway::OnHeld& then) {
        held_at.emplace_back(target.provider);
        then({});
    };
    begin(true);
    streams();
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(held_at, testing::ElementsAre("b"));
    refuses(429, {{"retry-after", "30"}});
    until_next_try();
    ASSERT_EQ(wire.upstreams.size(), 3U);
    EXPECT_THAT(wire.last().url, HasSubstr("a.test"));
    EXPECT_THAT(held_at, testing::ElementsAre("b", "a"));
}

TEST_F(RetriedAtTwo, AnotherTargetIsAskedBeforeThePauseIsOver) {
    begin(false);
    refuses(503);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
    refuses(503);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    until_next_try();
    ASSERT_EQ(wire.upstreams.size(), 3U);
    replies("fine");
    EXPECT_EQ(client.ends.at(0).attempts, 3U);
    EXPECT_EQ(client.ends.at(0).failures.at(0).followed, Followed::other_target);
}

// What is configured for a target says what follows a failure there, and not who may come to it.
TEST_F(RetriedAtTwo, TheLastTargetSaysWhetherAnotherTryMayFollow) {
    config::Target once = own;
    once.retry.attempts = 1;
    targets[1].target.target = &once;
    begin(false);
    refuses(503);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    refuses(503);
    EXPECT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(wire.upstreams.size(), 2U);
}

TEST_F(RetriedAtTwo, RepetitionsThatAreNotMadeAreCounted) {
    while (upstreams.retries.take(Clock::now())) {
    }
    begin(false);
    refuses(503);
    refuses(503);
    EXPECT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(upstreams.retries.refused(), 1U);
}

TEST_F(RetriedAtTwo, TheMostUsefulErrorIsTold) {
    own.retry.attempts = 2;
    begin(false);
    refuses(503);
    refuses(401);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(told().http_status, 503) << "not that the second one's key is wrong";
    EXPECT_EQ(client.ends[0].last_error->http_status, 401);
    EXPECT_EQ(client.ends[0].provider, "b");
}

TEST_F(RetriedAtTwo, ADeadlineThatPassesMeanwhileIsWhatIsTold) {
    call.deadline = Clock::now() + 5s;
    begin(false);
    time.now += 6s;
    refuses(503);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(told().code, "deadline_exceeded");
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(RetriedAtTwo, ATargetThatFailsOthersIsAskedOnlyWithinTheRetryBudget) {
    for (int i = 0; i < 20; ++i) {
        upstreams.targets.began(1);
        upstreams.targets.ended(1, route::TryEnd::failed, Clock::now(), Clock::now());
    }
    while (upstreams.retries.take(Clock::now())) {
    }
    begin(false);
    refuses(503);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(RetriedAtTwo, ATargetWhoseTrialAnotherCallMakesIsPassedOver) {
    upstreams.targets.began(0);
    for (int i = 0; i < 5; ++i)
        upstreams.targets.ended(0, route::TryEnd::failed, Clock::now(), Clock::now());
    time.now += 11s;
    targets[0].service = route::Service::trial_due;
    ASSERT_TRUE(upstreams.targets.claim_trial(0, Clock::now()));
    begin(false);
    EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
}

}  // namespace
}  // namespace bellwether::policy
