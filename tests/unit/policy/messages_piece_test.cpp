// What is seen of an answer in Anthropic's dialect.
#include "policy/estimate/messages_piece.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

PieceSeen delta(const std::string& delta) {
    return look_at_messages_piece(R"({"type":"content_block_delta","index":0,"delta":)" + delta +
                                  "}");
}

TEST(MessagesPiece, CountsGeneratedText) {
    const PieceSeen text = delta(R"({"type":"text_delta","text":"abcdefgh"})");
    EXPECT_EQ(text.tokens, 2);
    EXPECT_EQ(text.text_bytes, 8);
    EXPECT_TRUE(text.content);
    EXPECT_FALSE(text.thoughts);
    EXPECT_TRUE(delta(R"({"type":"thinking_delta","thinking":"hm"})").thoughts);
    EXPECT_TRUE(delta(R"({"type":"input_json_delta","partial_json":"{\"a\""})").content);
    EXPECT_FALSE(delta(R"({"type":"text_delta","text":""})").content);
}

TEST(MessagesPiece, WhatOnlyBeginsIsNoContent) {
    EXPECT_FALSE(
        look_at_messages_piece(R"({"type":"message_start","message":{"content":[]}})").content);
    EXPECT_FALSE(look_at_messages_piece(
                     R"({"type":"content_block_start","content_block":{"type":"text","text":""}})")
                     .content);
    EXPECT_TRUE(
        look_at_messages_piece(
            R"({"type":"content_block_start","content_block":{"type":"tool_use","name":"f"}})")
            .content);
    EXPECT_FALSE(look_at_messages_piece(R"({"type":"ping"})").content);
}

TEST(MessagesPiece, AReasonToStopIsItsEnd) {
    const auto end =
        look_at_messages_piece(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})");
    EXPECT_TRUE(end.content);
    EXPECT_EQ(end.finished, 1U);
    EXPECT_EQ(
        look_at_messages_piece(R"({"type":"message_delta","delta":{"stop_reason":null}})").finished,
        0U);
}

TEST(MessagesPiece, AWholeMessageSaysAllAtOnce) {
    const auto seen = look_at_messages_piece(
        R"({"type":"message","content":[{"type":"text","text":"abcd"},
            {"type":"tool_use","name":"f","input":{"a":1}}],"stop_reason":"tool_use"})");
    EXPECT_EQ(seen.finished, 1U);
    EXPECT_GT(seen.tokens, 2);
}

TEST(MessagesPiece, TakesAnythingForNothing) {
    for (const char* odd : {"", "{", "[]", R"({"type":1})", R"({"type":"message","content":5})",
                            R"({"type":"content_block_delta","delta":[]})"}) {
        EXPECT_FALSE(look_at_messages_piece(odd).content) << odd;
    }
}

}  // namespace
}  // namespace bellwether::policy
