// What a client is told of its call.
#include "front/live_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live_calls.hpp"

namespace bellwether::front {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LiveCallTest : public LiveCalls {};
class CountedLiveCallTest : public CountedLiveCalls {};

TEST_F(LiveCallTest, AnswersWithOneReply) {
    begin("echo", "");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
    EXPECT_THAT(client.last, HasSubstr("echo: hi"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-provider: echo\r\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

TEST_F(LiveCallTest, AnswersWithAStream) {
    begin("echo", R"(,"stream":true)");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "end", "finished"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-attempts: 1\r\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

TEST_F(LiveCallTest, RefusesWhatItCannotBegin) {
    begin("nobody", "");
    EXPECT_THAT(client.said, ElementsAre("404", "finished")) << client.last;
    EXPECT_TRUE(is_recorded("404", "model_not_found"));
}

TEST_F(LiveCallTest, RefusesATimeoutWithoutAUnit) {
    begin("echo", "", "30");
    EXPECT_THAT(client.said, ElementsAre("400", "finished"));
    EXPECT_THAT(client.last, HasSubstr("invalid_timeout"));
}

// The try finds out while it starts, and its client drops the call at once.
TEST_F(LiveCallTest, ACallWhoseTimeIsOverBeforeItIsSentEndsInItsStart) {
    for (const char* more : {"", R"(,"stream":true)"}) {
        client.said.clear();
        begin("echo", more, "1ms", 1s);
        EXPECT_THAT(client.said, ElementsAre("504", "finished"));
        EXPECT_EQ(client.call, nullptr);
        EXPECT_THAT(client.last, HasSubstr("deadline_exceeded"));
    }
}

TEST_F(LiveCallTest, TakesNothingNewWhileTheHostDrains) {
    context.draining = true;
    begin("echo", "");
    EXPECT_THAT(client.said, ElementsAre("503", "finished"));
}

TEST_F(LiveCallTest, AnErrorBeforeTheFirstChunkHasAStatusOfItsOwn) {
    begin("echo", R"(,"stream":true,"echo":{"status":500})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("500", "finished")) << client.last;
}

TEST_F(LiveCallTest, AnErrorAfterTheFirstChunkIsTheStreamsLastEvent) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":9,"cut_after":3})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "end", "finished"));
    EXPECT_THAT(client.last, HasSubstr("stream_truncated"));
    EXPECT_TRUE(is_recorded("200", "stream_truncated"));
}

TEST_F(LiveCallTest, CountsBothAttemptsOfACall) {
    begin("two", R"(,"echo":{"status":503,"fail_attempts":1})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished")) << client.last;
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-model: second\r\n"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-attempts: 2\r\n"));
    EXPECT_THAT(counted(), HasSubstr("bellwether_fallbacks_total{provider=\"echo\"} 1\n"));
}

// Whoever answers in the end is not known yet.
TEST_F(LiveCallTest, ASilentStreamBeginsWithACommentAndNamesNobody) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":300})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    EXPECT_THAT(client.said, ElementsAre("stream", "comment"));
    EXPECT_EQ(client.headers, "");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "comment", "event", "end", "finished"));
}

TEST_F(LiveCallTest, ASilentReplyHasNoHeartbeat) {
    begin("echo", R"(,"echo":{"first_delay_ms":300})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
}

TEST_F(LiveCallTest, SaysNothingMoreWhenItIsInterrupted) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":3600000})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    client.call->interrupt(CutOff::host_ends);
    EXPECT_THAT(client.said, ElementsAre("stream", "comment", "event", "end", "finished"));
    EXPECT_THAT(client.last, HasSubstr("draining"));
    EXPECT_TRUE(is_recorded("200", "draining"));
}

TEST_F(LiveCallTest, ACallThatOutlastsItsConfigIsToldSo) {
    begin("echo", R"(,"echo":{"first_delay_ms":3600000})");
    client.call->interrupt(CutOff::config_ends);
    EXPECT_THAT(client.said, ElementsAre("503", "finished"));
    EXPECT_THAT(client.headers, HasSubstr("retry-after: 1\r\n"));
    EXPECT_THAT(client.last, HasSubstr("reload_drain"));
    EXPECT_TRUE(is_recorded("503", "config_replaced"));
}

TEST_F(LiveCallTest, IsRecordedOnceWhenItsClientHangsUp) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":1000,"delay_ms":50})");
    ASSERT_TRUE(until([this] { return has_said("event"); }));
    EXPECT_FALSE(client.call->on_disconnect().drains);
    client.call->abandoned();
    client.call.reset();
    EXPECT_TRUE(is_recorded("499", "client_closed"));
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_active 0\n"));
    EXPECT_THAT(client.said, ElementsAre("stream", "event"));
}

TEST_F(LiveCallTest, GoesOnWithoutItsClientIfToldTo) {
    begin("drained", R"(,"stream":true,"echo":{"repeat":3,"delay_ms":20})");
    ASSERT_TRUE(until([this] { return has_said("event"); }));
    ASSERT_TRUE(client.call->on_disconnect().drains);
    const auto said = client.said;
    drained.adopt({}, std::move(client.call), {}, 0ms);
    ASSERT_TRUE(until([this] { return drained.empty(); }));
    EXPECT_EQ(client.said, said);
    EXPECT_TRUE(is_recorded("499", "")) << "the call itself was served";
    EXPECT_THAT(counted(), HasSubstr("bellwether_tokens_total{route=\"drained\""));
}

TEST_F(LiveCallTest, GoesOnWithoutAClientThatWasTooSlow) {
    client.on_event = [this] {
        client.on_event = {};
        client.call->pause();
    };
    begin("drained", R"(,"stream":true,"echo":{"repeat":50})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    drained.adopt({}, std::move(client.call), {}, 0ms);
    ASSERT_TRUE(until([this] { return drained.empty(); }));
    EXPECT_TRUE(is_recorded("499", ""));
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 0\n"));
}

// Without a time of its own a call that drains goes on for as long as its provider may take.
TEST_F(LiveCallTest, WaitsForAMomentIfOnlyTheUsageIsToCome) {
    const auto on_disconnect_at_last_word = [this](const char* model) {
        config::OnDisconnect then;
        client.said.clear();
        client.on_event = [&] {
            if (client.last.find(R"("stop")") == std::string::npos) return;
            then = client.call->on_disconnect();
        };
        begin(model, R"(,"stream":true)");
        EXPECT_TRUE(finishes());
        client.on_event = {};
        return then;
    };
    using config::OnDisconnect;
    EXPECT_EQ(on_disconnect_at_last_word("echo"), (OnDisconnect{.drains = true, .longest = 3s}));
    EXPECT_EQ(on_disconnect_at_last_word("patient"),
              (OnDisconnect{.drains = true, .longest = 10s}));
    EXPECT_EQ(on_disconnect_at_last_word("drained"), (OnDisconnect{.drains = true, .longest = 0s}));
}

TEST_F(LiveCallTest, PausesItsUpstreamForASlowClient) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":50})");
    client.on_event = [this] {
        client.on_event = {};
        client.call->pause();
    };
    ASSERT_TRUE(until([this] { return has_said("comment"); }));  // of what is silent
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 1\n"));
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "comment"));
    client.call->resume();
    ASSERT_TRUE(finishes());
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 0\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

TEST_F(CountedLiveCallTest, SaysNothingBeforeItsHoldIsDurable) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":300})");
    ledger->answer({});
    ASSERT_TRUE(is_kept());
    EXPECT_THAT(client.said, ElementsAre()) << "not even that it waits";
    ledger->commit();
    ASSERT_TRUE(finishes());
    EXPECT_EQ(client.said.front(), "stream");
}

TEST_F(CountedLiveCallTest, CountsAWholeAnswerThatWaitedWhenItsClientHungUp) {
    begin("echo", "");
    ledger->answer({});
    ASSERT_TRUE(is_kept());
    client.call->abandoned();
    client.call.reset();
    ASSERT_EQ(ledger->settled.size(), 1U);
    EXPECT_TRUE(ledger->settled[0].recorded);
    EXPECT_EQ(ledger->settled[0].usage.status, 499);
    EXPECT_EQ(ledger->settled[0].usage.usage.source, UsageSource::provider);
    EXPECT_GT(ledger->settled[0].usage.usage.output_tokens, 0);
}

}  // namespace
}  // namespace bellwether::front
