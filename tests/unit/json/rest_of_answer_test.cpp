// Which answers can go on elsewhere, and the request for the rest of one.
#include "json/rest_of_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/value.hpp"

#include "json/request.hpp"

namespace bellwether::json {
namespace {

using testing::HasSubstr;

constexpr std::string_view k_asks = R"({"role":"user","content":"count"})";

Call read(std::string body, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = std::move(body);
    EXPECT_TRUE(read_request(call)) << call.body;
    return call;
}

// A streamed chat with these members beside the ones that it must have.
Call chat(std::string_view more, std::string_view messages = k_asks) {
    return read(R"({"model":"m","stream":true,"messages":[)" + std::string(messages) + "]" +
                std::string(more) + "}");
}

TEST(CanGoOn, AStreamOfOneAnswerInTextCan) {
    for (const char* more :
         {"", R"(,"n":1)", R"(,"max_tokens":5,"temperature":0)", R"(,"tools":null)",
          R"(,"response_format":{"type":"text"})", R"(,"logprobs":false)",
          R"(,"enable_thinking":false)", R"(,"stop":["x"])", R"(,"stream_options":{})"}) {
        EXPECT_TRUE(can_go_on(chat(more))) << more;
    }
}

TEST(CanGoOn, AnAnswerThatIsMoreThanOneTextCannot) {
    for (const char* more :
         {R"(,"n":2)", R"(,"best_of":2)", R"(,"tools":[])", R"(,"functions":[{"name":"f"}])",
          R"(,"tool\u0073":[{}])", R"(,"response_format":{"type":"json_object"})",
          R"(,"response_format":{"type":"json_schema"})", R"(,"guided_regex":"a+")",
          R"(,"modalities":["audio"])", R"(,"logprobs":true)", R"(,"enable_thinking":true)",
          R"(,"reasoning_effort":"low")", R"(,"thinking_budget":5)", R"(,"max_new_tokens":9)",
          R"(,"max_tokens":"9")"}) {
        EXPECT_FALSE(can_go_on(chat(more))) << more;
    }
    EXPECT_FALSE(can_go_on(read(R"({"model":"m","messages":[{"role":"user","content":"x"}]})")))
        << "it is no stream";
    EXPECT_FALSE(
        can_go_on(read(R"({"model":"m","stream":true,"prompt":"x"})", Operation::completions)));
}

TEST(CanGoOn, ABeginningOfTheClientsOwnIsNotTakenUpAnew) {
    EXPECT_FALSE(can_go_on(chat("", "")));
    EXPECT_FALSE(
        can_go_on(chat("", std::string(k_asks) + R"(,{"role":"assistant","content":"one"} )")));
    EXPECT_FALSE(can_go_on(chat("", R"({"role":"assist\u0061nt","content":"one"})")));
    EXPECT_TRUE(
        can_go_on(chat("", R"({"role":"assistant","content":"one"},)" + std::string(k_asks))));
}

TEST(RestOfAnswer, IsAskedForWithWhatWasSaidAndNotAByteMore) {
    const Call call = read(
        "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"\\u0e01\"} ],\n"
        "\"top_k\":1e2,\"stream\":true , \"model\":\"m\" }");
    const Call rest =
        rest_of_answer(call, {.text = R"(one\n\"two\ud83d\ude00)", .tokens = 4, .mark = "partial"});
    EXPECT_EQ(rest.body,
              "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"\\u0e01\"} "
              R"(,{"role":"assistant","content":"one\n\"two\ud83d\ude00","partial":true}],)"
              "\n\"top_k\":1e2,\"stream\":true , \"model\":\"m\" }");
    EXPECT_TRUE(valid(rest.body));
}

TEST(RestOfAnswer, WhatWasSaidIsTakenOffTheClientsLimit) {
    const BegunAnswer begun{.text = "one", .tokens = 30, .mark = "prefix"};
    const auto limit = [&](const char* more) { return rest_of_answer(chat(more), begun); };
    EXPECT_EQ(limit(R"(,"max_tokens":100)").asked.max_tokens, 70);
    EXPECT_EQ(limit(R"(,"max_completion_tokens":31)").asked.max_tokens, 1);
    EXPECT_EQ(limit(R"(,"max_tokens":10)").asked.max_tokens, 1) << "no upstream takes 0";
    EXPECT_EQ(limit("").asked.max_tokens, 0);
    EXPECT_THAT(limit(R"(,"max_tokens": 100 ,"x":1)").body,
                HasSubstr(R"("max_tokens": 70 ,"x":1)"));
}

TEST(RestOfAnswer, IsTheSameCallInAllElse) {
    Call call =
        chat(R"(,"user":"u","service_tier":"flex","stream_options":{"include_usage":true})");
    call.id = "r-1";
    call.key = "k";
    const Call rest = rest_of_answer(call, {.text = "one", .mark = "partial"});
    EXPECT_EQ(rest.id, "r-1");
    EXPECT_EQ(rest.key, "k");
    EXPECT_EQ(rest.user, "u");
    EXPECT_EQ(rest.model, "m");
    EXPECT_TRUE(rest.stream);
    EXPECT_TRUE(rest.asked.usage);
    EXPECT_EQ(rest.asked.service_tier, "flex");
    EXPECT_GT(rest.asked.prompt_value.length, call.asked.prompt_value.length);
    EXPECT_FALSE(can_go_on(rest)) << "it ends with the beginning of its answer";
}

}  // namespace
}  // namespace bellwether::json
