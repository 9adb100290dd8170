// Streams folded into replies: what comes in pieces is all there, whatever it is.
#include <bellwether/openai_compatible.hpp>
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

class Fold : public PluginTest {
  protected:
    Fold() : PluginTest("openai") {}

    std::string reply(const std::vector<std::string>& choices,
                      std::uint32_t operation = BW_OP_CHAT) {
        std::string body;
        for (const std::string& choice : choices) {
            body += "data: {\"choices\":[{\"index\":0," + choice + "}]}\n\n";
        }
        Asked asked = complete();
        asked.operation = operation;
        const Result result = call(asked, {200, {}, body + "data: [DONE]\n\n"});
        EXPECT_TRUE(result.ok());
        return result.reply();
    }
    std::string member(const std::string& name, const std::vector<std::string>& deltas) {
        std::vector<std::string> choices;
        for (const std::string& delta : deltas) {
            choices.push_back("\"delta\":{\"" + name + "\":" + delta + "}");
        }
        const std::string whole = reply(choices);
        return std::string(Value(whole)["choices"].at(0)["message"][name].raw());
    }
};

TEST_F(Fold, PartsOfTheContent) {
    EXPECT_EQ(
        member("content", {R"([{"type":"text","text":"A"}])", R"([{"type":"text","text":"B"}])"}),
        R"([{"type":"text","text":"AB"}])");
    EXPECT_EQ(
        member("content",
               {R"([{"type":"text","text":"A"},{"type":"image_url","image_url":{"url":"u"}}])",
                R"([{"type":"text","text":"B"}])", R"([{"type":"text","text":"C"}])"}),
        R"([{"type":"text","text":"A"},{"type":"image_url","image_url":{"url":"u"}},)"
        R"({"type":"text","text":"BC"}])");
    EXPECT_EQ(member("content", {"\"\"", R"([{"type":"text","text":"A"}])", "\"B\"", "null"}),
              R"([{"type":"text","text":"AB"}])");
    EXPECT_EQ(member("content", {"\"a\"", R"([{"type":"text","text":"B"}])"}),
              R"([{"type":"text","text":"aB"}])");
}

// What is no text and comes before one, or after it, costs neither the text nor the JSON.
TEST_F(Fold, WhatIsNoTextGivesWay) {
    EXPECT_EQ(member("refusal", {"false", R"("no")"}), R"("no")");
    EXPECT_EQ(member("reasoning_content", {"0", R"("a")", R"("b")"}), R"("ab")");
    EXPECT_EQ(member("refusal", {R"("a")", "false", R"("b")"}), R"("ab")");
}

TEST_F(Fold, ArraysGoOn) {
    EXPECT_EQ(member("annotations", {R"([{"n":1}])", R"([{"n":2},{"n":3}])"}),
              R"([{"n":1},{"n":2},{"n":3}])");
    EXPECT_EQ(member("images", {R"([{"type":"image_url"}])", R"([{"type":"image_url"}])"}),
              R"([{"type":"image_url"},{"type":"image_url"}])");
    EXPECT_EQ(member("x", {"[1]", "[]", "[2]"}), "[1,2]");
}

TEST_F(Fold, ReasoningDetailsOfOneNumberAreOne) {
    EXPECT_EQ(
        member("reasoning_details",
               {R"([{"type":"reasoning.text","text":"Let","format":null,"index":0}])",
                R"([{"type":"reasoning.text","text":" me","format":null,"index":0}])",
                R"([{"type":"reasoning.text","signature":"s","text":"","index":0}])",
                R"([{"type":"reasoning.encrypted","data":"d","index":1}])"}),
        R"([{"type":"reasoning.text","text":"Let me","format":null,"index":0,"signature":"s"},)"
        R"({"type":"reasoning.encrypted","data":"d","index":1}])");
    EXPECT_EQ(member("reasoning_details", {R"([{"type":"reasoning.text","text":"a"}])",
                                           R"([{"type":"reasoning.text","text":"b"}])"}),
              R"([{"type":"reasoning.text","text":"a"},{"type":"reasoning.text","text":"b"}])");
}

TEST_F(Fold, ObjectsGoOn) {
    EXPECT_EQ(
        member("audio", {R"({"id":"a","data":"AA","transcript":"x"})",
                         R"({"id":"a","data":"BB","transcript":"y"})", R"({"expires_at":7})"}),
        R"({"id":"a","data":"AABB","transcript":"xy","expires_at":7})");
}

TEST_F(Fold, LogprobsOfTheRefusalToo) {
    const std::string whole =
        reply({R"("delta":{"refusal":"a"},"logprobs":{"content":null,"refusal":[{"token":"a"}]})",
               R"("delta":{"refusal":"b"},"logprobs":{"content":null,"refusal":[{"token":"b"}]})"});
    EXPECT_EQ(Value(whole)["choices"].at(0)["logprobs"].raw(),
              R"({"content":null,"refusal":[{"token":"a"},{"token":"b"}]})");
    const std::string text =
        reply({R"("text":"a","logprobs":{"tokens":["a"],"token_logprobs":[-1],"text_offset":[0]})",
               R"("text":"b","logprobs":{"tokens":["b"],"token_logprobs":[-2],"text_offset":[1]})"},
              BW_OP_COMPLETIONS);
    EXPECT_EQ(Value(text)["choices"].at(0)["logprobs"].raw(),
              R"({"tokens":["a","b"],"token_logprobs":[-1,-2],"text_offset":[0,1]})");
}

TEST_F(Fold, ManyPartsTakeNoTime) {
    std::vector<std::string> deltas(20'000, R"([{"type":"text","text":"x"}])");
    EXPECT_EQ(member("content", deltas).size(), 27u + deltas.size());
    deltas.assign(20'000, R"([{"n":1}])");
    EXPECT_EQ(member("annotations", deltas).size(), 1u + 8u * deltas.size());
}

TEST_F(Fold, UnfoldingKeepsThemAll) {
    const std::string message =
        R"({"content":[{"type":"text","text":"A"}],"annotations":[{"n":1}],"reasoning_details":[{}],)"
        R"("images":[1],"function_call":{"name":"f","arguments":"{}"},"audio":{"data":"x"}})";
    const Result result = call(streaming(), {200,
                                             {},
                                             R"({"choices":[{"index":0,"message":)" + message +
                                                 R"(,"logprobs":{"refusal":[1]}}]})"});
    const std::string first = result.chunks().at(0);
    EXPECT_EQ(Value(first)["choices"].at(0)["delta"].raw(), message);
    EXPECT_EQ(Value(first)["choices"].at(0)["logprobs"].raw(), R"({"refusal":[1]})");
}

// It had a code of its own, which no page listed: the host has one for the same limit.
TEST_F(Fold, AReplyPastTheLimitHasTheHostsCode) {
    constexpr std::size_t k_event_bytes = std::size_t{3} << 20;
    const std::string event =
        "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" +
        std::string(k_event_bytes, 'x') + "\"}}]}\n\n";
    std::string body;
    for (int i = 0; i < 23; ++i) body += event;
    const Result result = call(complete(), {200, {}, body});
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, "upstream_too_large");
    EXPECT_NE(result.error->message.find(" sent more than 64 MiB for one reply"), std::string::npos)
        << result.error->message;
}

}  // namespace
