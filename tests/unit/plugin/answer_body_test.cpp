// What has come of an upstream's answer, and when: what the time-outs and the bill go by.
#include "plugin/answer_body.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bellwether::plugin {
namespace {

using namespace std::chrono_literals;

constexpr AnswerBody::Time k_start{1h};
constexpr bool k_reply = true;
constexpr bool k_events = false;

AnswerBody body_of(std::string_view bytes, const std::vector<net::Header>& headers = {},
                   int status = 200) {
    AnswerBody body(k_start);
    body.on_head(status, headers);
    if (!bytes.empty()) body.on_bytes(bytes, k_events, k_start + 1s);
    body.on_end();
    return body;
}

TEST(AnswerBody, BeginsWithItsFirstByteAndEndsOnce) {
    AnswerBody body(k_start);
    EXPECT_FALSE(body.begun());
    EXPECT_EQ(body.last_byte(), k_start);
    body.on_bytes("\n", k_events, k_start + 1s);
    EXPECT_TRUE(body.begun());
    EXPECT_FALSE(body.ended());
    EXPECT_EQ(body.last_payload(), k_start + 1s) << "whatever comes first says that it is there";
    body.on_end();
    EXPECT_TRUE(body.ended());
}

TEST(AnswerBody, BlankSpaceOfAReplyIsNoPayload) {
    AnswerBody body(k_start);
    body.on_bytes("{", k_reply, k_start + 1s);
    body.on_bytes(" \r\n\t", k_reply, k_start + 2s);
    EXPECT_EQ(body.last_byte(), k_start + 2s);
    EXPECT_EQ(body.last_payload(), k_start + 1s);
    body.on_bytes(" }", k_reply, k_start + 3s);
    EXPECT_EQ(body.last_payload(), k_start + 3s);
    EXPECT_EQ(body.bytes(), 7u);
}

TEST(AnswerBody, OfEventsOnlyAWholeOneIsPayload) {
    AnswerBody body(k_start);
    body.on_bytes("da", k_events, k_start + 1s);
    body.on_bytes("ta: {", k_events, k_start + 2s);
    EXPECT_EQ(body.last_payload(), k_start + 1s);
    EXPECT_FALSE(body.any_frame());
    body.on_bytes("}\n\n", k_events, k_start + 3s);
    body.on_frame();
    EXPECT_EQ(body.last_payload(), k_start + 3s);
    EXPECT_TRUE(body.any_frame());
}

TEST(AnswerBody, IsGivenItsTimeAnewWhenNothingCouldCome) {
    AnswerBody body(k_start);
    body.on_resume(k_start + 5s);
    EXPECT_FALSE(body.begun());
    EXPECT_EQ(body.last_byte(), k_start + 5s);
    EXPECT_EQ(body.last_payload(), k_start + 5s);
    body.on_step(k_start + 6s);
    EXPECT_TRUE(body.begun());
    EXPECT_EQ(body.last_payload(), k_start + 6s);
}

TEST(AnswerBody, MayBeCutIfNothingSaidWhereItEnds) {
    for (const char* answer : {"", "{\"a\":", " {", "\xEF\xBB\xBF{", "data: {", "dat", ": hi"}) {
        EXPECT_TRUE(body_of(answer).may_be_cut()) << answer;
        EXPECT_FALSE(body_of(answer, {{"content-length", "9"}}).may_be_cut()) << answer;
        EXPECT_FALSE(body_of(answer, {{"transfer-encoding", "chunked"}}).may_be_cut()) << answer;
        EXPECT_FALSE(body_of(answer, {}, 204).may_be_cut()) << answer;
    }
    EXPECT_FALSE(body_of("<html>").may_be_cut()) << "no part of any answer";
}

TEST(AnswerBody, IsNotCutBeforeItHasEnded) {
    AnswerBody body(k_start);
    body.on_bytes("{", k_reply, k_start);
    EXPECT_FALSE(body.may_be_cut());
}

}  // namespace
}  // namespace bellwether::plugin
