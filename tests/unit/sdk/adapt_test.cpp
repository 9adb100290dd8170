// The client's request as providers want it, and what they refuse of it.
#include <bellwether/openai_compatible.hpp>
#include <string>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

const std::string k_reply = R"({"choices":[{"index":0,"message":{"content":"a"}}]})";

class Adapt : public PluginTest {
  protected:
    Adapt() : PluginTest("openai") {}
    static std::string config(const std::string& more) {
        return R"({"name":"up","base_url":"https://api.openai.com/v1",)" + more + "}";
    }
    std::string sent(const std::string& options, const std::string& body,
                     std::uint32_t operation = BW_OP_CHAT) {
        Asked asked = complete();
        asked.operation = operation;
        asked.body = body;
        return call_with(config(options), asked, {200, {}, k_reply}).sent.body;
    }
};

TEST_F(Adapt, TheDevelopersRole) {
    const std::string body =
        R"({"messages":[{"role":"developer","content":"\"developer\""},{"role": "user"},{"content":"developer","role":"developer"}]})";
    EXPECT_EQ(
        sent(R"("developer_role":false)", body),
        R"({"messages":[{"role":"system","content":"\"developer\""},{"role": "user"},{"content":"developer","role":"system"}]})");
    EXPECT_EQ(sent(R"("developer_role":true)", body), body);
}

TEST_F(Adapt, TheNameOfTheLimit) {
    const std::string older = R"({"max_tokens":9,"messages":[]})";
    const std::string newer = R"({"max_completion_tokens":9,"messages":[]})";
    EXPECT_EQ(sent(R"("max_tokens":false)", older), R"({"messages":[],"max_completion_tokens":9})");
    EXPECT_EQ(sent(R"("max_tokens":false)", newer), newer);
    EXPECT_EQ(sent(R"("max_tokens":false)", R"({"max_tokens":9,"max_completion_tokens":8})"),
              R"({"max_completion_tokens":8})");
    EXPECT_EQ(sent(R"("max_tokens":false)", R"({"max_tokens":null})"), R"({"max_tokens":null})");
    EXPECT_EQ(sent(R"("max_tokens":false)", older, BW_OP_COMPLETIONS), older);
    EXPECT_EQ(sent(R"("max_completion_tokens":false)", newer), R"({"messages":[],"max_tokens":9})");
    EXPECT_EQ(sent(R"("max_completion_tokens":false,"max_tokens":false)", older), older);
}

// The host asks every stream for its usage: who refuses that does not blame the client, and is not
// asked again.
TEST_F(Adapt, RefusedStreamOptionsAreLeftOutNextTime) {
    config_ = config(R"("path_prefix":"")");
    Instance instance(host, library_.table(), config_);
    const std::string words = "Unrecognized request argument supplied: stream_options";
    const std::string refusal =
        R"({"error":{"message":")" + words + R"(","type":"invalid_request_error"}})";
    for (const std::uint32_t status : {400u, 422u}) {
        const std::string model = "m" + std::to_string(status);
        Result result = instance.call(streaming(model), {status, {}, refusal}, 0);
        EXPECT_TRUE(Value(result.sent.body)["stream_options"]);
        const Failed failed = result.error.value_or(Failed{});
        EXPECT_EQ(failed.status, BW_E_UPSTREAM);  // and so goes to the next target
        EXPECT_EQ(failed.code, "addition_refused");
        EXPECT_NE(failed.message.find("(" + words + ")"), std::string::npos) << failed.message;
        EXPECT_NE(failed.message.find("`stream_options = false`"), std::string::npos);
        result = instance.call(streaming(model), {200, {}, k_reply}, 0);
        EXPECT_FALSE(Value(result.sent.body)["stream_options"]);
        EXPECT_TRUE(result.ok());
    }
    const Result other = instance.call(streaming("other"), {200, {}, k_reply}, 0);
    EXPECT_TRUE(Value(other.sent.body)["stream_options"]);
    // Another mistake is the client's.
    const std::string mistake = R"({"error":{"message":"Unrecognized argument: foo"}})";
    EXPECT_EQ(instance.call(streaming("n"), {400, {}, mistake}, 0).status(), BW_E_INVALID);
    EXPECT_EQ(instance.call(complete("n"), {400, {}, refusal}, 0).status(), BW_E_INVALID);
}

TEST_F(Adapt, ARefusedNameOfTheLimitIsChangedNextTime) {
    Instance instance(host, library_.table(), config(R"("path_prefix":"")"));
    Asked asked = complete("o3");
    asked.body = R"({"model":"o3","messages":[],"max_tokens":9})";
    const std::string refusal =
        R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}})";
    Result result = instance.call(asked, {400, {}, refusal}, 0);
    EXPECT_EQ(result.status(), BW_E_UPSTREAM);
    EXPECT_EQ(result.error->code, "addition_refused");
    result = instance.call(asked, {200, {}, k_reply}, 0);
    EXPECT_EQ(result.sent.body, R"({"model":"o3","messages":[],"max_completion_tokens":9})");
    // A value that is too large is another matter.
    const std::string large =
        R"({"error":{"message":"max_tokens is too large","param":"max_tokens"}})";
    EXPECT_EQ(instance.call(complete("gpt-4o"), {400, {}, large}, 0).status(), BW_E_INVALID);
}

// A value that is wrong is the client's mistake, as is a word of its own that the error repeats.
TEST_F(Adapt, AMistakeOfTheClientIsLearnedByNobody) {
    Instance instance(host, library_.table(), config(R"("path_prefix":"")"));
    const std::string large =
        R"({"error":{"message":"max_completion_tokens is too large: 200000. This model supports at most 100000 completion tokens","param":"max_completion_tokens","code":"invalid_value"}})";
    EXPECT_EQ(instance.call(complete("o1"), {400, {}, large}, 0).status(), BW_E_INVALID);
    for (const char* error :
         {R"({"error":{"message":"Invalid value: 'stream_options'.","param":"tool_choice"}})",
          R"({"error":{"message":"Unknown tool 'stream_options'","param":"tools[0].name"}})"}) {
        EXPECT_EQ(instance.call(streaming("o1"), {400, {}, error}, 0).status(), BW_E_INVALID);
    }
    const Result next = instance.call(streaming("o1"), {200, {}, k_reply}, 0);
    EXPECT_TRUE(Value(next.sent.body)["stream_options"]);
}

class AdaptHolySheep : public PluginTest {
  protected:
    AdaptHolySheep() : PluginTest("holysheep") {}
};

TEST_F(AdaptHolySheep, WhatWasAddedAndRefusedIsLeftOut) {
    Instance instance(host, library_.table(), config_);
    const std::string refusal =
        R"({"code":"InvalidParameter","message":"enable_thinking is not supported"})";
    Result result = instance.call(complete("qwen3-32b"), {400, {}, refusal}, 0);
    EXPECT_EQ(Value(result.sent.body)["enable_thinking"].raw(), "false");
    EXPECT_EQ(result.status(), BW_E_UPSTREAM);
    result = instance.call(complete("qwen3-32b"), {200, {}, k_reply}, 0);
    EXPECT_FALSE(Value(result.sent.body)["enable_thinking"]);
    // Its own config has no such key.
    result = instance.call(streaming("qwen-max"), {400, {}, R"({"message":"include_usage?"})"}, 0);
    EXPECT_EQ(result.error.value_or(Failed{}).message.find(" = false"), std::string::npos);
}

TEST_F(AdaptHolySheep, KnowsNoDeveloper) {
    Asked asked = complete("qwen-max");
    asked.body = R"({"model":"qwen-max","messages":[{"role":"developer","content":"x"}]})";
    EXPECT_EQ(call(asked, {200, {}, k_reply}).sent.body,
              R"({"model":"qwen-max","messages":[{"role":"system","content":"x"}]})");
}

}  // namespace
