// What attempts have used, and who is told of it.
#include "answered_attempts.hpp"
#include "policy/estimate/estimate.hpp"
#include "policy/estimate/tokens.hpp"

namespace bellwether::policy {
namespace {

using net::FailureKind;
using testing::HasSubstr;

constexpr const char* k_asking = R"(,"stream_options":{"include_usage":true})";
const std::string k_usage =
    R"({"id":"c","choices":[],"usage":{"prompt_tokens":21,"completion_tokens":3}})";

TEST_F(AnsweredAttempts, WhatATargetTookInVainIsCountedAsItSaidAndAtItsPrice) {
    const config::Price of_a{};
    const config::Price of_b{};
    targets[0].target.price = &of_a;
    targets[1].target.price = &of_b;
    begin(true);
    streams();
    wire.last().event(k_usage);
    wire.last().fails(FailureKind::cut);
    wire.last().fails(FailureKind::connect);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].usage.source, UsageSource::none) << "it reached nobody";
    ASSERT_EQ(client.ends[0].failures.size(), 1U);
    EXPECT_EQ(client.ends[0].failures[0].usage.input_tokens, 21);
    EXPECT_GE(client.ends[0].failures[0].usage.output_tokens, 3);
    EXPECT_EQ(client.ends[0].failures[0].price, &of_a);
}

TEST_F(AnsweredAttempts, AUsageThatNobodyReportedIsOfTheAnswerThatCame) {
    begin(true, k_asking);
    streams();
    wire.last().event(R"({"id":"of a","choices":[{"index":0,"delta":{"role":"assistant"}}]})");
    wire.last().fails(FailureKind::cut);
    streams();
    wire.last().event(
        R"({"id":"of b","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]})");
    wire.last().event("[DONE]");
    wire.last().ends();
    ASSERT_EQ(client.chunks.size(), 2U);
    EXPECT_THAT(client.chunks[1], HasSubstr("completion_tokens"));
    EXPECT_THAT(client.chunks[1], HasSubstr(R"("id":"of b")"));
}

TEST_F(AnsweredAttempts, AUsageIsForWhoAskedForIt) {
    begin(true);
    streams();
    for (const std::string& event : {k_hello, k_stop, k_usage}) wire.last().event(event);
    wire.last().event("[DONE]");
    wire.last().ends();
    EXPECT_EQ(client.chunks.size(), 2U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(client.ends[0].usage.input_tokens, 21);
}

TEST_F(AnsweredAttempts, WhoAskedForAUsageGetsOne) {
    begin(true, k_asking);
    streams();
    for (const std::string& event : {k_hello, k_stop, k_usage}) wire.last().event(event);
    wire.last().event("[DONE]");
    wire.last().ends();
    ASSERT_EQ(client.chunks.size(), 3U);
    EXPECT_THAT(client.chunks[2], HasSubstr(R"("prompt_tokens":21)"));
}

TEST_F(AnsweredAttempts, OnlyTheUsageIsWaitedForBetweenTheLastWordAndIt) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    EXPECT_FALSE(attempts->waits_for_usage()) << "more is to come";
    wire.last().event(k_stop);
    EXPECT_TRUE(attempts->waits_for_usage());
    wire.last().event(k_usage);
    EXPECT_FALSE(attempts->waits_for_usage());
}

TEST_F(AnsweredAttempts, APromptThatComesBackIsNotGenerated) {
    const std::string piece = chunk(R"({"content":")" + std::string(400, 'x') + "\"}");
    begin(true, R"(,"echo":true)");
    streams();
    wire.last().event(piece);
    const CallEnd left = attempts->outcome(std::unexpected(Error{.kind = ErrorKind::cancelled}));
    EXPECT_EQ(left.usage.output_tokens,
              look_at(piece).tokens - estimate_tokens(R"([{"role":"user","content":"hi"}])"));
}

TEST_F(AnsweredAttempts, AnAnswerTeachesHowDenseItsPromptWas) {
    books.session = std::make_unique<SessionUnderTest>();
    begin(false, R"(,"metadata":{"a":")" + std::string(1'000, 'x') + "\"}");
    wire.last().head(200, "application/json");
    wire.last().says(
        R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":900,"completion_tokens":1}})");
    EXPECT_EQ(books.densities.of("a", "m"), k_density_default);
    wire.last().ends();
    EXPECT_GT(books.densities.of("a", "m"), k_density_default);
}

}  // namespace
}  // namespace bellwether::policy
