// Which target of a call is asked, and what its client is told.
#include "answered_attempts.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using net::FailureKind;
using testing::HasSubstr;
using testing::Not;

TEST_F(AnsweredAttempts, AReplyIsDeliveredOnceAndNamesItsTarget) {
    begin(false);
    wire.last().head(200, "application/json");
    wire.last().says(
        R"({"choices":[{"index":0,"message":{"content":"hello"},"finish_reason":"stop"}]})");
    wire.last().ends();
    EXPECT_THAT(client.reply, HasSubstr("hello"));
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(client.ends[0].result);
    EXPECT_EQ(client.ends[0].provider, "a");
    EXPECT_EQ(client.ends[0].attempts, 1U);
}

TEST_F(AnsweredAttempts, WhatSaysNothingIsHeldBackAndGoesWithTheFirstContent) {
    begin(true);
    streams();
    wire.last().event(k_role);
    EXPECT_TRUE(client.chunks.empty());
    wire.last().event(k_hello);
    ASSERT_EQ(client.chunks.size(), 2U);
    EXPECT_THAT(client.chunks[0], HasSubstr("assistant"));
    EXPECT_THAT(client.chunks[1], HasSubstr("hello"));
}

TEST_F(AnsweredAttempts, AFailureBeforeContentGoesToTheNextTargetAndLeavesNothing) {
    begin(true);
    streams();
    wire.last().event(k_role);
    wire.last().fails(FailureKind::cut);
    EXPECT_TRUE(client.ends.empty());
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
    streams();
    wire.last().event(k_hello);
    EXPECT_EQ(client.chunks.size(), 1U) << "the role of the first is not the second's";
    wire.last().event(k_stop);
    wire.last().event("[DONE]");
    wire.last().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(client.ends[0].result);
    EXPECT_EQ(client.ends[0].provider, "b");
    EXPECT_EQ(client.ends[0].attempts, 2U);
    ASSERT_EQ(client.ends[0].failures.size(), 1U);
    EXPECT_EQ(client.ends[0].failures[0].provider, "a");
}

TEST_F(AnsweredAttempts, WhatOneTargetSaidInVainIsNoneOfTheMuchThatCommitsTheNext) {
    const std::string nothing =
        R"({"id":")" + std::string(40u << 10, 'c') + R"(","choices":[{"index":0,"delta":{}}]})";
    begin(true);
    for (const std::size_t target : {1U, 2U}) {
        ASSERT_EQ(wire.upstreams.size(), target);
        streams();
        wire.last().event(nothing);
        EXPECT_TRUE(client.chunks.empty());
        wire.last().fails(FailureKind::cut);
    }
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].attempts, 2U);
    EXPECT_TRUE(client.chunks.empty());
}

TEST_F(AnsweredAttempts, EachTargetIsAskedOnceMoreWithoutWhatItRefused) {
    const auto refuse = [this] {
        EXPECT_THAT(wire.last().body, HasSubstr("stream_options"));
        wire.last().head(400, "application/json");
        wire.last().says(R"({"error":{"message":"Unrecognized argument: stream_options"}})");
        wire.last().ends();
        EXPECT_THAT(wire.last().body, Not(HasSubstr("stream_options")));
    };
    begin(true);
    refuse();
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().url, HasSubstr("a.test"));
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(wire.upstreams.size(), 3U);
    refuse();
    ASSERT_EQ(wire.upstreams.size(), 4U);
    EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
    EXPECT_TRUE(client.ends.empty());
}

TEST_F(AnsweredAttempts, AnIdIsOfTheUpstreamThatGaveIt) {
    begin(false);
    wire.last().head(503, "application/json", {{"x-request-id", "of-a"}});
    wire.last().ends();
    ASSERT_EQ(wire.upstreams.size(), 2U);
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].provider, "b");
    EXPECT_EQ(client.ends[0].upstream_id, "");
}

TEST_F(AnsweredAttempts, WhatEachUpstreamWasWaitedForIsAdded) {
    begin(false);
    time.now += 2s;
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    time.now += 1s;
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].waited, 3s);
}

TEST_F(AnsweredAttempts, NothingIsTriedAfterContent) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    wire.last().fails(FailureKind::cut);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_FALSE(client.ends[0].result);
    EXPECT_EQ(client.ends[0].provider, "a");
}

TEST_F(AnsweredAttempts, AnAnswerThatHasSaidItsLastWordIsWholeHoweverItsConnectionEnds) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    wire.last().event(k_stop);
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(client.ends[0].result);
}

TEST_F(AnsweredAttempts, SilenceBeforeTheFirstByteGoesToTheNextTargetInTime) {
    begin(true);
    pass(3'900ms);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    pass(200ms);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    EXPECT_TRUE(wire.upstreams.front()->dropped());
}

TEST_F(AnsweredAttempts, SilenceAfterContentEndsTheStream) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    pass(2'900ms);
    wire.last().says(": still here\n\n");
    pass(2'900ms);
    EXPECT_TRUE(client.ends.empty()) << "a comment is a sign of life";
    pass(200ms);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].result.error().code, "idle_timeout");
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(AnsweredAttempts, TheClientsDeadlineEndsItAndNothingElseIsTried) {
    call.deadline = Clock::now() + 2s;
    begin(false);
    pass(1'900ms);
    EXPECT_TRUE(client.ends.empty());
    pass(200ms);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].result.error().code, "deadline_exceeded");
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

TEST_F(AnsweredAttempts, AnUpstreamThatHasServedIsNotBackedOffFromAnyFurther) {
    const auto refused = [this] {
        return UpstreamLimits::CountedTrip(upstreams.limits, targets[0].target, 1).refused({});
    };
    EXPECT_EQ(refused(), 1s);
    time.now += 1s;
    EXPECT_EQ(refused(), 2s);
    time.now += 2s;
    begin(false);
    wire.last().head(200, "application/json");
    wire.last().says(R"({"choices":[{"index":0,"message":{"content":"hello"}}]})");
    wire.last().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(client.ends[0].result);
    EXPECT_EQ(refused(), 1s);
}

TEST_F(AnsweredAttempts, ARefusalThatEveryProviderWouldRepeatIsTheClients) {
    begin(false);
    wire.last().head(400, "application/json");
    wire.last().says(R"({"error":{"message":"no such parameter","type":"invalid_request_error"}})");
    wire.last().ends();
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].result.error().kind, ErrorKind::invalid);
}

TEST_F(AnsweredAttempts, ARefusalWithoutAWaitIsGivenOne) {
    targets.pop_back();
    begin(false);
    wire.last().head(429, "application/json");
    wire.last().says(R"({"error":{"message":"too many"}})");
    wire.last().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    ASSERT_FALSE(client.ends[0].result);
    EXPECT_EQ(client.ends[0].result.error().kind, ErrorKind::rate);
    EXPECT_EQ(client.ends[0].result.error().retry_after, 1s);
}

TEST_F(AnsweredAttempts, DroppingThemDropsTheExchange) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    const CallEnd left = attempts->outcome(std::unexpected(Error{.kind = ErrorKind::cancelled}));
    attempts.reset();
    EXPECT_TRUE(wire.last().dropped());
    EXPECT_EQ(left.provider, "a");
    EXPECT_NE(left.usage.source, UsageSource::none) << "what was seen is counted";
    EXPECT_TRUE(client.ends.empty());
}

TEST_F(AnsweredAttempts, ASlowClientPausesTheUpstreamAndIsNoSilenceOfIts) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    attempts->pause();
    EXPECT_TRUE(wire.last().paused);
    pass(10s);
    EXPECT_TRUE(client.ends.empty());
    attempts->resume();
    EXPECT_FALSE(wire.last().paused);
}

TEST_F(AnsweredAttempts, TheTimeOfAPauseIsNoneOfTheSilenceThatFollows) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    attempts->pause();
    pass(10s);
    pass(1s);
    attempts->resume();
    pass(2'900ms);
    EXPECT_TRUE(client.ends.empty());
    pass(200ms);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].result.error().code, "idle_timeout");
}

TEST_F(AnsweredAttempts, AClientThatIsSlowBetweenTwoTriesPausesTheSecond) {
    begin(true);
    attempts->pause();
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_TRUE(wire.last().paused);
}

}  // namespace
}  // namespace bellwether::policy
