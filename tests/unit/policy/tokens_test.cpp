// What the host itself sees of tokens, and of the end of an answer.
#include "policy/estimate/tokens.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
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
    EXPECT_GT(tokens_of(R"({"choices":[{"delta":{"tool_calls":[{"custom":{"input":"ab"}}]}}]})"),
              0);
    EXPECT_GT(tokens_of(R"({"choices":[{"message":{"audio":{"transcript":"abcd"}}}]})"), 0);
}

TEST(Tokens, WhatIsNotKnownToBeSomethingElseIsText) {
    for (const char* delta :
         {R"("content":[{"type":"text","text":"abcdefgh"}])",
          R"("content":[{"type":"thinking","thinking":"abcdefgh"}])",
          R"("reasoning_details":[{"type":"reasoning.text","text":"abcdefgh"}])",
          R"("thinking":"abcdefgh")", R"("something_new":{"inside":["abcd","efgh"]})"}) {
        EXPECT_EQ(tokens_of("{\"choices\":[{\"delta\":{" + std::string(delta) + "}}]}"), 2)
            << delta;
    }
    EXPECT_EQ(tokens_of(R"({"choices":[{"delta":{"role":"assistant","audio":{"id":"abcdefgh",)"
                        R"("data":"abcdefgh"}}}]})"),
              0);
    EXPECT_EQ(tokens_of(R"({"choices":[{"delta":{"reasoning":"abcdefgh",)"
                        R"("reasoning_details":[{"text":"abcdefgh"}]}}]})"),
              2)
        << "the same thought twice";
}

TEST(Content, IsWhatAClientWouldMiss) {
    for (const char* choice :
         {R"("delta":{"content":"a"})", R"("delta":{"role":"assistant","content":"a"})",
          R"("delta":{"reasoning_content":"a"})", R"("delta":{"tool_calls":[{"index":0}]})",
          R"("delta":{"images":[{"type":"image_url"}]})", R"("delta":{"refusal":"no"})",
          R"("delta":{"audio":{"id":"x"}})", R"("delta":{"something_new":1})", R"("text":"a")",
          R"("delta":{},"finish_reason":"stop")", R"("message":{"content":"a"})"}) {
        EXPECT_TRUE(look_at("{\"choices\":[{" + std::string(choice) + "}]}").content) << choice;
    }
}

TEST(Content, IsNotARoleNorWhatIsEmpty) {
    for (const char* choices :
         {R"([])", R"([{"delta":{"role":"assistant"}}])",
          R"([{"delta":{"role":"assistant","content":"","tool_calls":null,"refusal":null}}])",
          R"([{"delta":{"role":"assistant","content":[],"audio":{ },"annotations":[ ]}}])",
          R"([{"delta":{},"finish_reason":null}])", R"([{"delta":null}])", R"([{"text":""}])",
          R"([{"delta":{"content":""},"logprobs":null,"content_filter_results":{"a":1}}])",
          R"([{"index":0}])"}) {
        EXPECT_FALSE(look_at("{\"choices\":" + std::string(choices) + "}").content) << choices;
    }
}

TEST(Tokens, AnEscapeIsTheLetterThatItStandsFor) {
    const auto bytes = [](std::string_view content) {
        return look_at(R"({"choices":[{"delta":{"content":")" + std::string(content) + R"("}}]})")
            .text_bytes;
    };
    EXPECT_EQ(bytes("ab"), 2);
    EXPECT_EQ(bytes(R"(a\nb\\\")"), 5);
    EXPECT_EQ(bytes(R"(\u043f\u043e)"), 4);
    EXPECT_EQ(estimate_tokens(R"(\u0430\u0430)"), 1) << "no digits of a text";
}

TEST(Tokens, APictureAmidATextIsNoText) {
    const std::string picture = "![x](data:image/png;base64," + std::string(100'000, 'A') + ") end";
    EXPECT_LT(estimate_tokens(picture), 20);
}

TEST(Tokens, TellsThoughtsFromTheAnswer) {
    EXPECT_TRUE(look_at(R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})").thoughts);
    EXPECT_TRUE(look_at(R"({"choices":[{"delta":{"reasoning":"hm"}}]})").thoughts);
    EXPECT_FALSE(look_at(R"({"choices":[{"delta":{"reasoning":"","content":"x"}}]})").thoughts);
}

TEST(Tokens, SeesTheLastWordOfEachChoice) {
    EXPECT_EQ(look_at(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").finished, 1U);
    EXPECT_EQ(look_at(R"({"choices":[{"index":2,"delta":{},"finish_reason":"stop"}]})").finished,
              4U);
    EXPECT_EQ(look_at(R"({"choices":[{"finish_reason":null,"delta":{"content":"x"}}]})").finished,
              0U);
    EXPECT_EQ(look_at(R"({"choices":[{"finish_reason":"","delta":{}}]})").finished, 0U);
    EXPECT_NE(look_at(R"({"choices":[{"index":500,"finish_reason":"stop"}]})").finished, 0U);
    EXPECT_NE(look_at(R"({"choices":[{"index":-9,"finish_reason":"stop"}]})").finished, 0U);
}

}  // namespace
}  // namespace bellwether::policy
