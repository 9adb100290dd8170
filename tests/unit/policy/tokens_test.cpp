// Usage at the end of a call: whose figure it is, and that unknown is never zero.
#include "policy/tokens.hpp"

#include <gtest/gtest.h>

namespace bw::policy {
namespace {

Call call_of(std::string body) {
    Call call;
    call.body = std::move(body);
    call.prompt_value = {.offset = 0, .length = call.body.size()};
    return call;
}

TEST(Tokens, TextIsAQuarterOfItsBytesAndDigitsAreWhole) {
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_EQ(estimate_tokens("a"), 1);
    EXPECT_EQ(estimate_tokens("abcdefgh"), 2);
    EXPECT_EQ(estimate_tokens("12345678"), 8);
}

TEST(Tokens, CountsEveryKindOfGeneratedText) {
    EXPECT_EQ(generated_tokens(R"({"choices":[{"delta":{"content":"abcd"}}]})"), 1);
    EXPECT_GT(generated_tokens(R"({"choices":[{"delta":{"reasoning_content":"abcd"}}]})"), 0);
    EXPECT_GT(
        generated_tokens(
            R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\"a\""}}]}}]})"),
        0);
    EXPECT_GT(generated_tokens(R"({"choices":[{"message":{"content":"abcd"}}]})"), 0);
    EXPECT_GT(generated_tokens(R"({"choices":[{"text":"abcd"}]})"), 0);
    EXPECT_EQ(generated_tokens(R"({"choices":[{"delta":{"content":null,"role":null}}]})"), 0);
    EXPECT_EQ(generated_tokens(R"({"choices":[{"delta":{"content":""}}]})"), 0);
    EXPECT_EQ(generated_tokens(R"({"choices":[]})"), 0);
}

TEST(Settle, TheProvidersFigureHolds) {
    const Usage reported{.input_tokens = 9, .output_tokens = 5, .source = UsageSource::provider};
    const Usage usage = settle(call_of("0123456789"), reported, true, 99);
    EXPECT_EQ(usage.input_tokens, 9);
    EXPECT_EQ(usage.output_tokens, 5);
    EXPECT_EQ(usage.source, UsageSource::provider);
}

TEST(Settle, WithoutItWhatWasSeenCounts) {
    const Usage usage = settle(call_of("abcdefgh"), {}, true, 7);
    EXPECT_EQ(usage.input_tokens, 2);
    EXPECT_EQ(usage.output_tokens, 7);
    EXPECT_EQ(usage.source, UsageSource::observed);
}

TEST(Settle, WithoutThatTheEstimateIsNotZero) {
    const Usage usage = settle(call_of("abcdefgh"), {}, true, 0);
    EXPECT_EQ(usage.input_tokens, 2);
    EXPECT_EQ(usage.source, UsageSource::estimate);
}

TEST(Settle, NothingSentIsNothingUsed) {
    EXPECT_EQ(settle(call_of("abcdefgh"), {}, false, 0).source, UsageSource::none);
}

}  // namespace
}  // namespace bw::policy
