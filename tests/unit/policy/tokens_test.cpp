// What the host itself sees of tokens, and of the end of an answer.
#include "policy/tokens.hpp"

#include <gtest/gtest.h>

namespace bw::policy {
namespace {

std::int64_t tokens_of(std::string_view json) { return look_at(json).tokens; }

TEST(Tokens, TextIsAQuarterOfItsBytesAndDigitsAreWhole) {
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_EQ(estimate_tokens("a"), 1);
    EXPECT_EQ(estimate_tokens("abcdefgh"), 2);
    EXPECT_EQ(estimate_tokens("12345678"), 8);
}

TEST(Tokens, CountsEveryKindOfGeneratedText) {
    EXPECT_EQ(tokens_of(R"({"choices":[{"delta":{"content":"abcd"}}]})"), 1);
    EXPECT_GT(tokens_of(R"({"choices":[{"delta":{"reasoning_content":"abcd"}}]})"), 0);
    EXPECT_GT(
        tokens_of(
            R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\"a\""}}]}}]})"),
        0);
    EXPECT_GT(tokens_of(R"({"choices":[{"message":{"content":"abcd"}}]})"), 0);
    EXPECT_GT(tokens_of(R"({"choices":[{"text":"abcd"}]})"), 0);
    EXPECT_EQ(tokens_of(R"({"choices":[{"delta":{"content":null,"role":null}}]})"), 0);
    EXPECT_EQ(tokens_of(R"({"choices":[{"delta":{"content":""}}]})"), 0);
    EXPECT_EQ(tokens_of(R"({"choices":[]})"), 0);
    EXPECT_GT(tokens_of(R"({"choices":[{"delta":{"function_call":{"arguments":"abcd"}}}]})"), 0);
}

TEST(Tokens, SeesTheLastWordOfEachChoice) {
    EXPECT_EQ(look_at(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").finished, 1U);
    EXPECT_EQ(look_at(R"({"choices":[{"index":2,"delta":{},"finish_reason":"stop"}]})").finished,
              4U);
    EXPECT_EQ(look_at(R"({"choices":[{"finish_reason":null,"delta":{"content":"x"}}]})").finished,
              0U);
    EXPECT_NE(look_at(R"({"choices":[{"index":500,"finish_reason":"stop"}]})").finished, 0U);
    EXPECT_NE(look_at(R"({"choices":[{"index":-9,"finish_reason":"stop"}]})").finished, 0U);
}

}  // namespace
}  // namespace bw::policy
