// One attempt between a real plugin and a transport that the test speaks for.
#include "plugin/attempt.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/clock.hpp"
#include "json/request.hpp"
#include "scripted_transport.hpp"

namespace bellwether::plugin {
namespace {

using net::FailureKind;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* k_hello =
    R"({"id":"c","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]})";
constexpr const char* k_stop =
    R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
constexpr const char* k_reply =
    R"({"choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})";

std::shared_ptr<Instance> instance(const std::string& more, const std::string& plugin = "openai",
                                   const char* folder = BELLWETHER_PLUGIN_DIR) {
    auto loaded = config::parse(
        "[providers.p]\nplugin = \"" + plugin + "\"\nbase_url = \"https://p.test/v1\"\n" + more,
        "c.toml");
    std::vector<config::Diagnostic> diagnostics;
    const auto registry = load(loaded.config, {folder}, diagnostics);
    auto made = Instance::create(registry.providers.at(0));
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return *made;
}

class AttemptTest : public testing::Test, public AttemptEvents {
  protected:
    void begin(bool stream) {
        const bool speaks = call.operation == Operation::speech;
        call.body =
            std::string(speaks ? R"({"model":"m","input":"hi")"
                               : R"({"model":"m","messages":[{"role":"user","content":"hi"}])") +
            (stream ? R"(,"stream":true})" : "}");
        ASSERT_TRUE(json::read_request(call));
        attempt = std::make_unique<Attempt>(
            instance(more_config), Order{.call = &call, .model = "m", .body = call.body}, *this);
        ASSERT_TRUE(attempt->start(transport, desk, loop));
        ASSERT_EQ(transport.upstreams.size(), 1U);
    }
    void on_head(std::span<const net::Header>) override { ++heads; }
    void on_limits(const SaidLimits& told) override { said = told; }
    void on_piece(Piece piece, std::string_view json) override {
        EXPECT_FALSE(result) << "nothing comes after the end";
        if (piece != Piece::usage) pieces.emplace_back(json);
    }
    void on_end(Result<void> ended) override {
        EXPECT_FALSE(result) << "the end comes once";
        result = std::move(ended);
    }
    ErrorKind kind() const { return result.value().error().kind; }

    boost::asio::io_context loop;
    net::ScriptedTransport transport;
    credentials::TokenDesk desk{loop, transport};
    std::string more_config;  // of the provider
    Call call;
    std::unique_ptr<Attempt> attempt;
    int heads = 0;
    SaidLimits said;
    std::vector<std::string> pieces;
    std::optional<Result<void>> result;
};

TEST_F(AttemptTest, AsksWhereTheConfigSaysAndDeliversTheReply) {
    begin(false);
    EXPECT_EQ(transport.last().method, "POST");
    EXPECT_EQ(transport.last().url, "https://p.test/v1/chat/completions");
    transport.last().head(200, "application/json");
    transport.last().says(k_reply);
    EXPECT_FALSE(result) << "more of it may come";
    transport.last().ends();
    ASSERT_TRUE(result && result->has_value());
    EXPECT_EQ(heads, 1);
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_THAT(pieces[0], HasSubstr("hello"));
    EXPECT_EQ(attempt->usage().output_tokens, 2);
    EXPECT_EQ(attempt->body_bytes(), std::string_view(k_reply).size());
}

TEST_F(AttemptTest, AClientSetsNoHeaderThatTheConfigSets) {
    more_config = "headers = { X-Team = \"ours\" }\nforward_headers = [\"x-team\", \"x-more\"]\n";
    call.forwarded = {{"x-team", "theirs"}, {"x-more", "1"}, {"x-more", "2"}};
    begin(false);
    const auto& headers = transport.last().headers;
    EXPECT_THAT(headers, Contains("x-team: ours"));
    EXPECT_THAT(headers, Not(Contains("x-team: theirs")));
    EXPECT_THAT(headers, Contains("x-more: 1"));
    EXPECT_THAT(headers, Contains("x-more: 2"));
}

TEST_F(AttemptTest, AChunkIsDeliveredAsSoonAsItsEventIsWhole) {
    begin(true);
    transport.last().head(200, "text/event-stream");
    const std::string event = std::string("data: ") + k_hello + "\n\n";
    transport.last().says(event.substr(0, 20));
    EXPECT_TRUE(pieces.empty());
    transport.last().says(event.substr(20));
    ASSERT_EQ(pieces.size(), 1U);
    transport.last().event(k_stop);
    transport.last().event("[DONE]");
    transport.last().ends();
    EXPECT_TRUE(result && result->has_value());
}

TEST_F(AttemptTest, WhatIsRefusedBeforeItIsSentHasReachedNobody) {
    begin(false);
    transport.last().fails(FailureKind::connect);
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(kind(), ErrorKind::unreachable);
    EXPECT_EQ(attempt->reach(), Reach::none);
}

TEST_F(AttemptTest, AnAnswerWhoseHeadCannotBeReadHasBegunAllTheSame) {
    const std::pair<int, Reach> k_statuses[] = {
        {0, Reach::sent}, {200, Reach::answered}, {503, Reach::refused}};
    for (const auto& [status, reach] : k_statuses) {
        result.reset();
        transport.upstreams.clear();
        begin(false);
        transport.last().fails(FailureKind::protocol, status);
        ASSERT_TRUE(result && !result->has_value());
        EXPECT_EQ(attempt->reach(), reach) << status;
    }
}

TEST_F(AttemptTest, AStreamThatIsCutIsAFailureAndKeepsWhatCame) {
    begin(true);
    transport.last().head(200, "text/event-stream");
    transport.last().event(k_hello);
    transport.last().fails(FailureKind::cut);
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(pieces.size(), 1U);
    EXPECT_NE(attempt->reach(), Reach::none);
}

TEST_F(AttemptTest, AStatusBecomesTheErrorThatThePluginMakesOfIt) {
    begin(false);
    transport.last().head(429, "application/json", {{"retry-after", "7"}});
    transport.last().says(R"({"error":{"message":"slow down","type":"x","code":"y"}})");
    transport.last().ends();
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(kind(), ErrorKind::rate);
    EXPECT_EQ(result->error().retry_after, std::chrono::seconds(7));
}

// Data that keeps coming must not put the end off.
TEST_F(AttemptTest, ARefusalWhoseBodyHasNoEndIsOneAllTheSame) {
    Clock::Simulated time;
    Clock::give(&time);
    for (const bool endless : {false, true}) {
        begin(false);
        transport.last().head(429, "application/json", {{"retry-after", "7"}});
        transport.last().says(R"({"error":{"message":"slo)");
        if (endless) transport.last().says(std::string(1u << 20, 'x'));
        for (int i = 0; i < 1'000 && endless && !result; ++i) {
            transport.last().says(std::string(1'000, 'x'));
            loop.restart();
            loop.poll_one();
        }
        EXPECT_EQ(result.has_value(), endless);
        time.now += std::chrono::seconds(1);
        loop.restart();
        loop.poll();
        ASSERT_TRUE(result && !result->has_value());
        EXPECT_EQ(kind(), ErrorKind::rate);
        EXPECT_EQ(result->error().retry_after, std::chrono::seconds(7));
        EXPECT_TRUE(transport.last().dropped());
        result.reset();
        attempt.reset();
        transport.upstreams.clear();
    }
    Clock::give(nullptr);
}

TEST_F(AttemptTest, DroppingItDropsTheExchangeAndNothingMoreComes) {
    begin(true);
    transport.last().head(200, "text/event-stream");
    attempt.reset();
    EXPECT_TRUE(transport.last().dropped());
    transport.last().event(k_hello);
    EXPECT_TRUE(pieces.empty());
    EXPECT_FALSE(result);
}

// Nobody can tell from the bytes whether there were more.
TEST_F(AttemptTest, SoundThatIsCutIsAFailure) {
    call.operation = Operation::speech;
    begin(false);
    transport.last().head(200, "audio/mpeg");
    transport.last().says("ID3");
    EXPECT_EQ(pieces, std::vector<std::string>{"ID3"});
    EXPECT_EQ(attempt->content_type(), "audio/mpeg");
    transport.last().fails(FailureKind::cut);
    EXPECT_EQ(kind(), ErrorKind::protocol);
}

TEST_F(AttemptTest, OneThatIsCutTellsNothingMore) {
    begin(true);
    transport.last().head(200, "text/event-stream");
    attempt->cut();
    EXPECT_TRUE(transport.last().dropped());
    transport.last().event(k_hello);
    EXPECT_TRUE(pieces.empty());
    EXPECT_FALSE(result);
    EXPECT_EQ(attempt->reach(), Reach::answered);
}

TEST_F(AttemptTest, APauseReachesTheUpstream) {
    begin(true);
    attempt->pause();
    EXPECT_TRUE(transport.last().paused);
    attempt->resume();
    EXPECT_FALSE(transport.last().paused);
}

TEST_F(AttemptTest, AnAnswerThatIsStoppedEndsByTheReasonOfWhoStoppedIt) {
    begin(true);
    transport.last().head(200, "text/event-stream");
    attempt->stop(
        {.kind = ErrorKind::upstream, .message = "too long", .code = "answer_past_limit"});
    transport.last().event(k_hello);
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(result->error().code, "answer_past_limit");
}

// Its upstream says of each page that there is another.
TEST_F(AttemptTest, AListWithoutEndHasAnEnd) {
    setenv("ATTEMPT_TEST_KEY", "k-0123456789abcdef", 1);
    const auto provider = instance("api_key = \"env:ATTEMPT_TEST_KEY\"\n", "anthropic");
    attempt = std::make_unique<Attempt>(
        provider, Order{.call = &call, .model = "", .body = "", .lists_models = true}, *this);
    ASSERT_TRUE(attempt->start(transport, desk, loop));
    for (int page = 0; !result && page < 20'000; ++page) {
        auto& upstream = transport.last();
        upstream.head(200, "application/json");
        upstream.says(
            fmt::format(R"({{"data":[{{"id":"m"}}],"has_more":true,"last_id":"{}"}})", page));
        upstream.ends();
    }
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(kind(), ErrorKind::protocol);
    EXPECT_EQ(result->error().code, "too_many_exchanges");
    EXPECT_EQ(transport.upstreams.size(), 10'000U);
}

// What `closing` is told with call_close, which it tells as usage.
class CloseTest : public AttemptTest {
  protected:
    void begin_closing() {
        call.body = R"({"model":"m","messages":[]})";
        ASSERT_TRUE(json::read_request(call));
        attempt =
            std::make_unique<Attempt>(instance("", "closing", BELLWETHER_PLUGIN_DIR "/test"),
                                      Order{.call = &call, .model = "m", .body = call.body}, *this);
        ASSERT_TRUE(attempt->start(transport, desk, loop));
        transport.last().head(200, "application/json");
    }
    std::int64_t reason() const {
        const auto& units = attempt->usage().units;
        return units.size() == 1 && units[0].name == "closed" ? units[0].count : -1;
    }
};

TEST_F(CloseTest, AfterACompleteAnswerItIsDone) {
    begin_closing();
    transport.last().says(k_reply);
    transport.last().ends();
    EXPECT_EQ(reason(), BW_CLOSE_DONE);
}

TEST_F(CloseTest, AfterAFailureItHasFailed) {
    begin_closing();
    transport.last().says("{}");
    transport.last().ends();
    EXPECT_EQ(reason(), BW_CLOSE_FAILED);
}

TEST_F(CloseTest, TheOwnerMaySayThatNobodyWaits) {
    begin_closing();
    EXPECT_EQ(reason(), -1) << "it is open";
    attempt->close(BW_CLOSE_CLIENT_GONE);
    EXPECT_EQ(reason(), BW_CLOSE_CLIENT_GONE);
}

}  // namespace
}  // namespace bellwether::plugin
