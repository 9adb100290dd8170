// The plugin for Amazon Bedrock against the recorded exchanges of the strict simulator, and against
// what no simulator sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bellwether/json.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string k_folder = BELLWETHER_SOURCE_DIR "/tests/upstream/vendors/recorded/bedrock/";
const std::string k_text = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";

std::string read_file(const std::string& name) {
    std::ifstream file(k_folder + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

Response recorded(const std::string& name) {
    const std::string text = read_file(name + ".json");
    const json::Value response = json::Value(text)["response"];
    Response out;
    out.status = static_cast<std::uint32_t>(response["status"].integer().value_or(0));
    for (const json::Member& header : response["headers"].members()) {
        out.headers.emplace_back(header.key(), header.value().string());
    }
    const std::string stream = response["stream"].string();
    out.body = stream.empty() ? std::string(response["body"].raw()) : read_file(stream);
    return out;
}

Response stream_of(const std::string& body) { return {200, {}, body}; }
std::string delta(std::string_view said, int index = 0) {
    return aws_event("contentBlockDelta", R"({"contentBlockIndex":)" + std::to_string(index) +
                                              ",\"delta\":" + std::string(said) + "}");
}
std::string ending(std::string_view reason, std::string_view usage = R"({"outputTokens":1})") {
    return aws_event("messageStop", R"({"stopReason":")" + std::string(reason) + "\"}") +
           aws_event("metadata", R"({"usage":)" + std::string(usage) + "}");
}

class Bedrock : public ::testing::Test {
  protected:
    Bedrock() : library_(BELLWETHER_PLUGIN_DIR "/bedrock.so") { host.secrets = {"aws"}; }
    void TearDown() override {
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << "misbehaved: " << rule;
    }

    Result call(const Asked& asked, const Response& response, std::size_t cut = 0) {
        Instance instance(host, library_.table(),
                          R"({"name":"bedrock","region":"us-east-1",)"
                          R"("base_url":"https://bedrock-runtime.us-east-1.amazonaws.com"})");
        EXPECT_FALSE(instance.error());
        return instance.call(asked, response, cut);
    }
    Result stream(const Response& response, std::size_t cut = 0) {
        Asked asked;
        asked.stream = true;
        return call(asked, response, cut);
    }
    // A request with these members beside the model, as Bedrock gets it.
    Result ask(const std::string& members) {
        Asked asked;
        asked.body = R"({"model":"m",)" + members + "}";
        return call(asked, recorded("plain"));
    }
    // The same with a message, so that members is only what matters.
    Result with(const std::string& members) {
        return ask(R"("messages":[{"role":"user","content":"hi"}],)" + members);
    }
    std::string messages(const std::string& sent) {
        const Result result = ask(R"("messages":)" + sent);
        EXPECT_TRUE(result.ok()) << result.error->message;
        return std::string(json::Value(result.sent.body)["messages"].raw());
    }
    void expect_refused(const Result& result, bw_status status, const std::string& param) {
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error->where, "call_open");
        EXPECT_EQ(result.status(), status) << param;
        EXPECT_EQ(result.error->param, param);
        EXPECT_THAT(result.error->message, HasSubstr(param));
    }

    FakeHost host;
    Library library_;
};

// The arguments and names of all tool calls, however they came.
std::vector<std::string> tool_calls(const Result& result) {
    std::vector<std::string> calls;
    for (const Emitted& piece : result.emitted) {
        const json::Value choice = json::Value(piece.json)["choices"].at(0);
        const json::Value list =
            choice["delta"] ? choice["delta"]["tool_calls"] : choice["message"]["tool_calls"];
        for (const json::Value& each : list.elements()) {
            if (each["id"]) {
                calls.push_back(each["id"].string() + " " + each["function"]["name"].string() +
                                " ");
            }
            const auto index =
                each["index"].integer().value_or(static_cast<std::int64_t>(calls.size()) - 1);
            calls.at(static_cast<std::size_t>(index)) += each["function"]["arguments"].string();
        }
    }
    return calls;
}
std::string finish_reason(const Result& result) {
    std::string reason;
    for (const Emitted& piece : result.emitted) {
        reason += json::Value(piece.json)["choices"].at(0)["finish_reason"].string();
    }
    return reason;
}

TEST_F(Bedrock, HasAManifestThatNeedsNoKey) {
    const std::string_view text = library_.table()->manifest;
    ASSERT_TRUE(json::valid(text));
    const json::Value manifest(text);
    for (const json::Value& credential : manifest["credentials"].elements()) {
        EXPECT_FALSE(credential["required"].boolean(true)) << credential.raw();
    }
    EXPECT_EQ(manifest["options"]["region"]["default"].string(), "us-east-1");
    EXPECT_EQ(manifest["needs"].raw(), R"(["frame.aws", "auth.aws-sigv4"])");
}

// ---- what is asked ---------------------------------------------------------------------------

TEST_F(Bedrock, AsksConverse) {
    const Result result = call({}, recorded("plain"));
    EXPECT_EQ(result.sent.method, "POST");
    EXPECT_EQ(result.sent.url, "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse");
    EXPECT_THAT(result.sent.auth, ElementsAre("aws"));
    EXPECT_EQ(json::Value(result.sent.body)["messages"].raw(),
              R"([{"role":"user","content":[{"text":"hello"}]}])");
    const Result streamed = stream(recorded("stream"));
    EXPECT_THAT(streamed.sent.url, HasSubstr("/model/m/converse-stream"));
    EXPECT_EQ(streamed.sent.frame, static_cast<std::uint32_t>(BW_FRAME_AWS));
}

TEST_F(Bedrock, PrefersAKeyAndGoesWithoutBoth) {
    host.secrets = {"aws", "api_key"};
    EXPECT_THAT(call({}, recorded("plain")).sent.auth, ElementsAre("api_key"));
    host.secrets.clear();
    EXPECT_TRUE(call({}, recorded("plain")).sent.auth.empty());
}

TEST_F(Bedrock, EncodesTheModelInThePath) {
    Asked asked;
    asked.model = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.x-v1:0";
    EXPECT_THAT(call(asked, recorded("plain")).sent.url,
                HasSubstr("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A"
                          "inference-profile%2Feu.x-v1%3A0/converse"));
    asked.model = "../a?b#c d\r\n";
    EXPECT_THAT(call(asked, recorded("plain")).sent.url,
                HasSubstr("/model/..%2Fa%3Fb%23c%20d%0D%0A/converse"));
}

TEST_F(Bedrock, SendsSystemAndLimits) {
    const Result result =
        ask(R"("messages":[{"role":"system","content":"Be short."},{"role":"user","content":"a"},)"
            R"({"role":"user","content":[{"type":"text","text":"b"}]},)"
            R"({"role":"developer","content":"And kind."}],)"
            R"("max_completion_tokens":9,"temperature":0.5,"top_p":1,"stop":["END"],)"
            R"("service_tier":"flex","user":"u","seed":1,"metadata":{"a":"b"})");
    const json::Value sent(result.sent.body);
    EXPECT_EQ(sent["system"].raw(), R"([{"text":"Be short."},{"text":"And kind."}])");
    EXPECT_EQ(sent["messages"].raw(), R"([{"role":"user","content":[{"text":"a"},{"text":"b"}]}])");
    EXPECT_EQ(sent["inferenceConfig"].raw(),
              R"({"maxTokens":9,"temperature":0.5,"topP":1,"stopSequences":["END"]})");
    EXPECT_EQ(sent["serviceTier"].raw(), R"({"type":"flex"})");
}

TEST_F(Bedrock, SendsToolsCallsAndResults) {
    const std::string tools =
        R"("tools":[{"type":"function","function":{"name":"get_weather","description":"Of a city.",)"
        R"("parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":true}},)"
        R"({"type":"function","function":{"name":"f","description":"","parameters":{}}}])";
    const Result result =
        ask(R"("messages":[{"role":"user","content":"?"},{"role":"assistant","content":"",)"
            R"("tool_calls":[{"id":"call|1","type":"function","function":{"name":"get_weather",)"
            R"("arguments":"{\"city\":\"Trat\"}"}},{"id":"b","type":"function",)"
            R"("function":{"name":"f","arguments":""}}]},)"
            R"({"role":"tool","tool_call_id":"call|1","content":"31"},)"
            R"({"role":"tool","tool_call_id":"b","content":""},{"role":"user","content":"so?"}],)"
            R"("tool_choice":"required",)" +
            tools);
    ASSERT_TRUE(result.ok()) << result.error->message;
    const json::Value sent(result.sent.body);
    EXPECT_EQ(sent["messages"].at(1).raw(),
              R"({"role":"assistant","content":[{"toolUse":{"toolUseId":"call_1",)"
              R"("name":"get_weather","input":{"city":"Trat"}}},)"
              R"({"toolUse":{"toolUseId":"b","name":"f","input":{}}}]})");
    EXPECT_EQ(sent["messages"].at(2).raw(),
              R"({"role":"user","content":[{"toolResult":{"content":[{"text":"31"}],)"
              R"("toolUseId":"call_1"}},{"toolResult":{"content":[],"toolUseId":"b"}},)"
              R"({"text":"so?"}]})");
    EXPECT_EQ(sent["toolConfig"].raw(),
              R"({"tools":[{"toolSpec":{"name":"get_weather","description":"Of a city.",)"
              R"("strict":true,"inputSchema":{"json":{"type":"object","properties":)"
              R"({"city":{"type":"string"}}}}}},{"toolSpec":{"name":"f","inputSchema":)"
              R"({"json":{"type":"object"}}}}],"toolChoice":{"any":{}}})");
    const auto choice = [&](const std::string& said) {
        const Result asked = with("\"tool_choice\":" + said + "," + tools);
        return std::string(json::Value(asked.sent.body)["toolConfig"]["toolChoice"].raw());
    };
    EXPECT_EQ(choice("\"auto\""), R"({"auto":{}})");
    EXPECT_EQ(choice(R"({"type":"function","function":{"name":"f"}})"), R"({"tool":{"name":"f"}})");
    EXPECT_EQ(choice("null"), "");
    const Result none = with(R"("tool_choice":"none",)" + tools);
    EXPECT_FALSE(json::Value(none.sent.body)["toolConfig"]);
    const Result allowed =
        with(R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":)"
             R"([{"type":"function","function":{"name":"f"}}]}},)" +
             tools);
    EXPECT_EQ(json::Value(allowed.sent.body)["toolConfig"]["tools"].at(1).raw(), "");
}

TEST_F(Bedrock, RefusesToolsThatWereTakenAway) {
    const std::string used =
        R"("messages":[{"role":"user","content":"?"},{"role":"assistant","tool_calls":)"
        R"([{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
        R"({"role":"tool","tool_call_id":"a","content":"1"}])";
    expect_refused(ask(used), BW_E_UNSUPPORTED, "tools");
    expect_refused(ask(used + R"(,"tool_choice":"none","tools":[{"type":"function",)"
                              R"("function":{"name":"f"}}])"),
                   BW_E_UNSUPPORTED, "tool_choice");
}

TEST_F(Bedrock, SendsMediaByTheirBytes) {
    EXPECT_EQ(
        messages(R"([{"role":"user","content":[{"type":"image_url","image_url":)"
                 R"({"url":"data:image/jpeg;base64,AAAA"}},{"type":"text","text":" "},)"
                 R"({"type":"file","file":{"filename":"a.pdf",)"
                 R"("file_data":"data:application/pdf;base64,BBBB"}},)"
                 R"({"type":"input_audio","input_audio":{"data":"CCCC","format":"mp3"}}]}])"),
        R"([{"role":"user","content":[{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}},)"
        R"({"document":{"format":"pdf","name":"messages[0] content[2] file",)"
        R"("source":{"bytes":"BBBB"}}},{"audio":{"format":"mp3","source":{"bytes":"CCCC"}}}]}])");
    const auto part = [&](const std::string& one) {
        return ask(R"("messages":[{"role":"user","content":[)" + one + "]}]");
    };
    const std::string place = "messages[0].content[0].";
    for (const char* const url : {"https://x.test/a.png", "s3://b/a.png",
                                  "data:image/tiff;base64,AAAA", "data:image/svg+xml,%3Csvg/%3E"}) {
        expect_refused(
            part(R"({"type":"image_url","image_url":{"url":")" + std::string(url) + "\"}}"),
            BW_E_UNSUPPORTED, place + "image_url");
    }
    expect_refused(part(R"({"type":"file","file":{"file_id":"file-1"}})"), BW_E_UNSUPPORTED,
                   place + "file");
    expect_refused(part(R"({"type":"video_url","video_url":{"url":"data:video/mp4;base64,AA"}})"),
                   BW_E_UNSUPPORTED, place + "type");
}

TEST_F(Bedrock, MarksWhatIsToBeCached) {
    const Result result =
        ask(R"("messages":[{"role":"system","content":[{"type":"text","text":"Long.",)"
            R"("cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"user","content":"?",)"
            R"("cache_control":{"type":"ephemeral"}},{"role":"assistant","tool_calls":[{"id":"a",)"
            R"("type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool",)"
            R"("tool_call_id":"a","content":[{"type":"text","text":"1",)"
            R"("cache_control":{"type":"ephemeral"}}]}],"tools":[{"type":"function",)"
            R"("function":{"name":"f"},"cache_control":{"type":"ephemeral"}}])");
    ASSERT_TRUE(result.ok()) << result.error->message;
    const json::Value sent(result.sent.body);
    const std::string point = R"({"cachePoint":{"type":"default"}})";
    EXPECT_EQ(sent["system"].at(1).raw(), R"({"cachePoint":{"type":"default","ttl":"1h"}})");
    EXPECT_EQ(sent["messages"].at(0)["content"].at(1).raw(), point);
    EXPECT_EQ(sent["messages"].at(2)["content"].at(1).raw(), point);
    EXPECT_EQ(sent["messages"].at(2)["content"].at(0)["toolResult"]["content"].raw(),
              R"([{"text":"1"}])");
    EXPECT_EQ(sent["toolConfig"]["tools"].at(1).raw(), point);
}

TEST_F(Bedrock, SendsSchemaEffortAndTheModelsOwnFields) {
    const Result result = with(
        R"("response_format":{"type":"json_schema","json_schema":{"name":"city","description":"d",)"
        R"("schema":{"type":"object"}}},"reasoning_effort":"minimal","top_k":4,)"
        R"("thinking":{"type":"enabled","budget_tokens":1024},)"
        R"("additionalModelRequestFields":{"a":1},"requestMetadata":{"team":"x"},)"
        R"("guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"})");
    const json::Value sent(result.sent.body);
    EXPECT_EQ(sent["outputConfig"].raw(),
              R"({"effort":"low","textFormat":{"type":"json_schema","structure":{"jsonSchema":)"
              R"({"name":"city","description":"d","schema":"{\"type\":\"object\"}"}}}})");
    EXPECT_EQ(sent["additionalModelRequestFields"].raw(),
              R"({"a":1,"thinking":{"type":"enabled","budget_tokens":1024},"top_k":4})");
    EXPECT_EQ(sent["requestMetadata"].raw(), R"({"team":"x"})");
    EXPECT_EQ(sent["guardrailConfig"]["guardrailVersion"].string(), "1");
    const Result plain = with(R"("reasoning_effort":"none","additionalModelRequestFields":[1])");
    EXPECT_EQ(json::Value(plain.sent.body)["outputConfig"].raw(), "");
    EXPECT_EQ(json::Value(plain.sent.body)["additionalModelRequestFields"].raw(), "{}");
}

TEST_F(Bedrock, SendsThoughtsBack) {
    EXPECT_EQ(
        messages(R"([{"role":"user","content":"a"},{"role":"assistant","content":"b",)"
                 R"("reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s",)"
                 R"("format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"eA==",)"
                 R"("format":"anthropic-claude-v1"},{"type":"reasoning.text","text":"u",)"
                 R"("signature":"s","format":"other"},{"text":"unsigned",)"
                 R"("format":"anthropic-claude-v1"}]}])"),
        R"([{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":)"
        R"([{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},)"
        R"({"reasoningContent":{"redactedContent":"eA=="}},{"text":"b"}]}])");
}

TEST_F(Bedrock, RefusesWhatConverseHasNot) {
    const std::pair<const char*, const char*> refused[] = {
        {"n", R"("n":2)"},
        {"logprobs", R"("logprobs":true)"},
        {"logit_bias", R"("logit_bias":{"1":2})"},
        {"presence_penalty", R"("presence_penalty":1)"},
        {"frequency_penalty", R"("frequency_penalty":-0.5)"},
        {"modalities", R"("modalities":["text","audio"])"},
        {"web_search_options", R"("web_search_options":{"search_context_size":"low"})"},
        {"parallel_tool_calls", R"("parallel_tool_calls":false)"},
        {"temperature", R"("temperature":1.2)"},
        {"response_format.type", R"("response_format":{"type":"json_object"})"},
        {"tools[0]", R"("tools":[{"type":"custom","custom":{"name":"c"}}])"},
        {"tools", R"("tool_choice":"required")"}};
    for (const auto& [param, members] : refused) {
        expect_refused(with(members), BW_E_UNSUPPORTED, param);
    }
    EXPECT_TRUE(with(R"("n":1,"logprobs":false,"presence_penalty":0,"modalities":["text"],)"
                     R"("parallel_tool_calls":true,"temperature":1)")
                    .ok());
    expect_refused(with(R"("max_tokens":"x")"), BW_E_INVALID, "max_tokens");
}

// ---- what is answered ------------------------------------------------------------------------

TEST_F(Bedrock, GivesRecordedReplies) {
    for (const char* const name : {"plain", "cached", "image", "length", "thinking"}) {
        const Result result = call({}, recorded(name));
        ASSERT_TRUE(result.ok()) << name;
        EXPECT_EQ(result.text(), k_text) << name;
    }
    EXPECT_EQ(finish_reason(call({}, recorded("plain"))), "stop");
    EXPECT_EQ(finish_reason(call({}, recorded("length"))), "length");
    EXPECT_EQ(call({}, recorded("schema")).text(), R"({"city": "as asked"})");
    const Result filtered = call({}, recorded("filtered"));
    EXPECT_EQ(filtered.text(), "สวัสดี");
    EXPECT_EQ(finish_reason(filtered), "content_filter");
    Used used;
    used.input_tokens = 1021;
    used.output_tokens = 17;
    EXPECT_EQ(call({}, recorded("plain")).usage, used);
}

const std::string k_weather = R"(toolu_01weather get_weather {"city": "เชียงใหม่", "days": 3})";
const std::string k_time = R"(toolu_02time get_time {"zone": "Asia/Bangkok"})";

// Without the spaces in the arguments that a recorded reply has and a stream has not.
std::vector<std::string> compact(std::vector<std::string> calls) {
    for (std::string& call : calls) {
        const std::string arguments = call.substr(call.find('{'));
        call.resize(call.find('{'));
        for (const char c : arguments) {
            if (c != ' ' && c != '\n') call += c;
        }
    }
    return calls;
}

TEST_F(Bedrock, GivesRecordedToolCalls) {
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const Result one = call({}, recorded("tool"), cut);
        EXPECT_EQ(compact(tool_calls(one)), compact({k_weather}));
        EXPECT_EQ(finish_reason(one), "tool_calls");
        EXPECT_EQ(compact(tool_calls(stream(recorded("tool_stream"), cut))), compact({k_weather}));
        EXPECT_EQ(compact(tool_calls(call({}, recorded("parallel"), cut))),
                  compact({k_weather, k_time}));
        const Result both = stream(recorded("parallel_stream"), cut);
        EXPECT_EQ(compact(tool_calls(both)), compact({k_weather, k_time}));
        EXPECT_EQ(finish_reason(both), "tool_calls");
        EXPECT_EQ(call({}, recorded("said_and_tool"), cut).text(), "I shall look.");
        const Result said = stream(recorded("said_and_tool_stream"), cut);
        EXPECT_EQ(said.text(), "I shall look.");
        EXPECT_EQ(compact(tool_calls(said)), compact({k_weather}));
    }
}

TEST_F(Bedrock, RelaysEveryEventAtAnyCut) {
    const Response response = recorded("stream");
    for (std::size_t cut = 0; cut < 40; ++cut) {
        const Result result = stream(response, cut);
        ASSERT_TRUE(result.ok()) << cut;
        EXPECT_EQ(result.text(), k_text);
        EXPECT_EQ(result.chunks().size(), 5U) << "four words and the end";
        EXPECT_EQ(finish_reason(result), "stop");
        EXPECT_EQ(result.of_kind(BW_EMIT_USAGE).size(), 1U);
    }
    for (std::size_t at = 0; at <= response.body.size(); ++at) {
        Response begun = response;
        begun.body.resize(at);
        const Result result = stream(begun, 7);
        const bool whole = at == response.body.size();
        EXPECT_EQ(result.status(), whole ? BW_OK : BW_E_PROTOCOL) << at;
    }
}

TEST_F(Bedrock, CountsTheCacheAsPrompt) {
    Used used;
    used.input_tokens = 1300;
    used.output_tokens = 17;
    used.cached_input_tokens = 1024;
    used.cache_write_tokens = 256;
    EXPECT_EQ(call({}, recorded("cached")).usage, used);
    EXPECT_EQ(stream(recorded("cached_stream")).usage, used);
    const Result detailed = stream(
        stream_of(delta(R"({"text":"a"})") +
                  ending("end_turn", R"({"inputTokens":1,"outputTokens":2,"totalTokens":99,)"
                                     R"("cacheWriteInputTokens":30,"cacheDetails":[{"ttl":"1h",)"
                                     R"("inputTokens":10},{"ttl":"5m","inputTokens":20}]})")));
    ASSERT_TRUE(detailed.usage);
    EXPECT_EQ(detailed.usage->input_tokens, 31);
    EXPECT_EQ(detailed.usage->output_tokens, 2);
    EXPECT_EQ(detailed.usage->cache_write_1h_tokens, 10);
    const Result huge = stream(stream_of(
        ending("end_turn", R"({"inputTokens":9223372036854775807,"outputTokens":-5,)"
                           R"("cacheReadInputTokens":9223372036854775807,"cacheDetails":7})")));
    EXPECT_TRUE(huge.ok());
}

TEST_F(Bedrock, GivesThoughtsWithTheirSignature) {
    const std::string detail =
        R"([{"type":"reasoning.text","text":"First this, then that.","signature":)"
        R"("YSBzaWduYXR1cmUgdGhhdCBvbmx5IGl0cyBtYWtlciBjYW4gcmVhZA==",)"
        R"("format":"anthropic-claude-v1","index":0}])";
    const Result whole = call({}, recorded("thinking"));
    const std::string reply = whole.reply();
    const json::Value message = json::Value(reply)["choices"].at(0)["message"];
    EXPECT_EQ(message["reasoning_content"].string(), "First this, then that.");
    EXPECT_EQ(message["reasoning_details"].raw(), detail);
    for (const std::size_t cut : {0U, 1U, 7U}) {
        std::string thought;
        std::string details;
        const Result result = stream(recorded("thinking_stream"), cut);
        EXPECT_EQ(result.text(), k_text);
        for (const std::string& chunk : result.chunks()) {
            const json::Value said = json::Value(chunk)["choices"].at(0)["delta"];
            thought += said["reasoning_content"].string();
            details += said["reasoning_details"].raw();
        }
        EXPECT_EQ(thought, "First this, then that.");
        EXPECT_EQ(details, detail);
    }
    const Result redacted = stream(stream_of(
        delta(R"({"reasoningContent":{"redactedContent":"eA=="}})") + ending("end_turn")));
    EXPECT_THAT(redacted.chunks().at(0),
                HasSubstr(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"eA==")"));
}

TEST_F(Bedrock, KnowsAllReasonsToStop) {
    const std::pair<const char*, const char*> reasons[] = {
        {"end_turn", "stop"},
        {"stop_sequence", "stop"},
        {"tool_use", "stop"},
        {"max_tokens", "length"},
        {"model_context_window_exceeded", "length"},
        {"guardrail_intervened", "content_filter"},
        {"content_filtered", "content_filter"},
        {"one_of_tomorrow", "stop"}};
    for (const auto& [reason, expected] : reasons) {
        const Result result = stream(stream_of(delta(R"({"text":"a"})") + ending(reason)));
        EXPECT_EQ(finish_reason(result), expected) << reason;
    }
    for (const char* const reason : {"malformed_model_output", "malformed_tool_use", ""}) {
        EXPECT_EQ(stream(stream_of(delta(R"({"text":"a"})") + ending(reason))).status(),
                  BW_E_PROTOCOL);
    }
}

TEST_F(Bedrock, TellsTheRequestsIdAndTier) {
    Response response = recorded("plain");
    response.headers.emplace_back("x-amzn-requestid", "5e5c");
    response.body = json::with_member(response.body, "serviceTier", R"({"type":"flex"})");
    const Result result = call({}, response);
    EXPECT_EQ(result.reply_headers, (Headers{{"x-amzn-requestid", "5e5c"}}));
    EXPECT_EQ(result.attributes, (Headers{{"aws.request_id", "5e5c"}}));
    EXPECT_EQ(result.service_tier, "flex");
}

TEST_F(Bedrock, PassesOverWhatItDoesNotKnow) {
    const Result result = stream(stream_of(
        aws_event("initial-response", "") + aws_event("messageStart", R"({"role":"assistant"})") +
        aws_event("contentBlockStart", R"({"contentBlockIndex":0,"start":{"image":{}}})") +
        delta(R"({"citation":{"title":"t"}})") + delta(R"({"text":"a","p":"abc"})") +
        delta(R"({"toolUse":{"input":"{}"}})", 5) + aws_event("tomorrow", R"([1])") +
        aws_event("contentBlockStop", R"({"contentBlockIndex":0})") + ending("end_turn")));
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_EQ(result.text(), "a");
    EXPECT_TRUE(tool_calls(result).empty());
}

TEST_F(Bedrock, TellsMingledCallsApart) {
    const auto start = [](int index, const std::string& id) {
        return aws_event("contentBlockStart", R"({"contentBlockIndex":)" + std::to_string(index) +
                                                  R"(,"start":{"toolUse":{"toolUseId":")" + id +
                                                  R"(","name":"f"}}})");
    };
    const Result result = stream(stream_of(
        start(3, "a") + start(900'000'000, "b") + delta(R"({"toolUse":{"input":"{\"x\""}})", 3) +
        delta(R"({"toolUse":{"input":"{}"}})", 900'000'000) +
        delta(R"({"toolUse":{"input":":1}"}})", 3) + start(7, "c") + ending("tool_use")));
    EXPECT_THAT(tool_calls(result), ElementsAre(R"(a f {"x":1})", "b f {}", "c f {}"));
}

// ---- what goes wrong -------------------------------------------------------------------------

TEST_F(Bedrock, ClassifiesRecordedErrors) {
    struct Row {
        const char* name;
        bw_status status;
        std::uint32_t http_status;
        const char* code;
    };
    const Row rows[] = {{"error_access", BW_E_AUTH, 403, "AccessDeniedException"},
                        {"error_context", BW_E_CONTEXT_LENGTH, 400, "ValidationException"},
                        {"error_key", BW_E_AUTH, 403, "UnrecognizedClientException"},
                        {"error_model", BW_E_NOT_FOUND, 400, "ValidationException"},
                        {"error_rate", BW_E_RATE, 429, "ThrottlingException"},
                        {"error_stream", BW_E_UPSTREAM, 424, "ModelStreamErrorException"},
                        {"error_unavailable", BW_E_UPSTREAM, 503, "ServiceUnavailableException"}};
    for (const Row& row : rows) {
        const Response response = recorded(row.name);
        for (const Result& result : {call({}, response), stream(response, 1)}) {
            ASSERT_FALSE(result.ok()) << row.name;
            EXPECT_EQ(result.status(), row.status) << row.name;
            EXPECT_EQ(result.error->http_status, row.http_status);
            EXPECT_EQ(result.error->code, row.code);
            EXPECT_EQ(result.error->type, row.code);
            EXPECT_EQ(result.error->raw, row.status == BW_E_AUTH ? "" : response.body);
            EXPECT_THAT(result.error->message, HasSubstr("bedrock failed for \"m\": "));
        }
    }
}

TEST_F(Bedrock, ClassifiesDocumentedErrors) {
    struct Row {
        std::uint32_t http_status;
        const char* kind;
        const char* message;
        bw_status status;
    };
    const Row rows[] = {
        {400, "ValidationException", "Malformed input request", BW_E_INVALID},
        {400, "ValidationException", "Operation not allowed", BW_E_AUTH},
        {400, "ValidationException",
         "Invocation of model ID x with on-demand throughput isn\u2019t supported.",
         BW_E_NOT_FOUND},
        {400, "ValidationException",
         "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
         BW_E_CONTEXT_LENGTH},
        {400, "ValidationException", "prompt is too long: 1 tokens > 0 maximum",
         BW_E_CONTEXT_LENGTH},
        {400, "ValidationException", "Output blocked by content filtering policy",
         BW_E_CONTENT_FILTER},
        {400, "SerializationException", "Malformed JSON", BW_E_INVALID},
        {400, "ServiceQuotaExceededException", "quota", BW_E_QUOTA},
        {400, "IncompleteSignature", "s", BW_E_AUTH},
        {400, "NotAuthorized", "s", BW_E_AUTH},
        {400, "RequestExpired", "s", BW_E_AUTH},
        {403, "InvalidSignatureException", "s", BW_E_AUTH},
        {403, "ExpiredTokenException", "s", BW_E_AUTH},
        {403, "MissingAuthenticationTokenException", "s", BW_E_AUTH},
        {403, "AccessDeniedException", "denied due to INVALID_PAYMENT_INSTRUMENT", BW_E_QUOTA},
        {404, "ResourceNotFoundException", "no such model", BW_E_NOT_FOUND},
        {404, "FTUFormNotFilled", "form", BW_E_AUTH},
        {404, "UnknownOperationException", "", BW_E_UPSTREAM},
        {408, "ModelTimeoutException", "slow", BW_E_UPSTREAM},
        {424, "ModelErrorException", "m", BW_E_UPSTREAM},
        {429, "ModelNotReadyException", "m", BW_E_RATE},
        {500, "InternalServerException", "m", BW_E_UPSTREAM},
        {500, "InternalFailure", "m", BW_E_UPSTREAM}};
    for (const Row& row : rows) {
        const std::string message = json::quote(row.message);
        Response response{row.http_status, {}, "{\"Message\":" + message + "}"};
        response.headers = {{"x-amzn-errortype", row.kind}};
        EXPECT_EQ(call({}, response).status(), row.status) << row.kind << ": " << row.message;
        const Response typed{row.http_status,
                             {},
                             R"({"__type":"com.amazonaws.bedrock#)" + std::string(row.kind) +
                                 R"(","message":)" + message + "}"};
        const Result result = call({}, typed);
        EXPECT_EQ(result.status(), row.status) << row.kind;
        EXPECT_EQ(result.error->code, row.kind);
    }
}

TEST_F(Bedrock, FailsInTheMidstOfAStream) {
    struct Row {
        const char* kind;
        bw_status status;
        std::uint32_t http_status;
    };
    const Row rows[] = {{"throttlingException", BW_E_RATE, 429},
                        {"modelStreamErrorException", BW_E_UPSTREAM, 424},
                        {"internalServerException", BW_E_UPSTREAM, 500},
                        {"validationException", BW_E_INVALID, 400},
                        {"serviceUnavailableException", BW_E_UPSTREAM, 503},
                        {"modelTimeoutException", BW_E_UPSTREAM, 408},
                        {"oneOfTomorrow", BW_E_UPSTREAM, 500}};
    for (const Row& row : rows) {
        const std::string body = R"({"message":"it failed"})";
        const Result result =
            stream(stream_of(delta(R"({"text":"a"})") + aws_exception(row.kind, body)), 3);
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.text(), "a");
        EXPECT_EQ(result.status(), row.status) << row.kind;
        EXPECT_EQ(result.error->http_status, row.http_status);
        EXPECT_EQ(result.error->code, row.kind);
        EXPECT_EQ(result.error->raw, body);
    }
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const Result broken = stream(recorded("broken_stream"), cut);
        EXPECT_EQ(broken.text(), k_text);
        EXPECT_EQ(broken.status(), BW_E_UPSTREAM);
        EXPECT_EQ(broken.error->http_status, 424U);
        const Result early = stream(recorded("early_stream"), cut);
        EXPECT_EQ(early.status(), BW_E_PROTOCOL) << "the metadata never came";
        EXPECT_EQ(finish_reason(early), "");
    }
    const Result unmodeled = stream(stream_of(aws_message({{":message-type", "error"},
                                                           {":error-code", "InternalFailure"},
                                                           {":error-message", "it broke"}},
                                                          "")));
    EXPECT_EQ(unmodeled.status(), BW_E_UPSTREAM);
    EXPECT_EQ(unmodeled.error->code, "InternalFailure");
    EXPECT_THAT(unmodeled.error->message, HasSubstr("it broke"));
}

TEST_F(Bedrock, WaitsAsTold) {
    Response response = recorded("error_rate");
    response.headers.emplace_back("retry-after", "7");
    EXPECT_EQ(call({}, response).error->retry_after_ms, 7000);
}

TEST_F(Bedrock, TellsNoSecret) {
    Response response{403, {{"x-amzn-errortype", "InvalidSignatureException"}}, ""};
    response.body =
        R"({"message":"The request signature we calculated does not match.\n\nThe Canonical )"
        R"(String should have been\n'POST\nx-amz-security-token:SECRETTOKEN'"})";
    const Result result = call({}, response);
    EXPECT_EQ(result.status(), BW_E_AUTH);
    EXPECT_THAT(result.error->message, HasSubstr("does not match"));
    EXPECT_THAT(result.error->message, Not(HasSubstr("SECRETTOKEN")));
    EXPECT_THAT(result.error->raw, Not(HasSubstr("SECRETTOKEN")));
}

TEST_F(Bedrock, SurvivesHostileUpstreams) {
    const std::string deep(5000, '[');
    for (const std::string& body :
         {std::string(), std::string("null"), std::string("[]"), std::string("{"), deep,
          std::string(R"({"output":)"), std::string("<html>502</html>"), std::string("\xFF\xFE")}) {
        EXPECT_EQ(call({}, {200, {}, body}).status(), BW_E_PROTOCOL) << body.substr(0, 20);
        EXPECT_EQ(stream({200, {}, body}).status(), BW_E_PROTOCOL) << body.substr(0, 20);
        EXPECT_EQ(call({}, {502, {}, body}).status(), BW_E_UPSTREAM) << body.substr(0, 20);
        if (body.empty()) continue;
        EXPECT_EQ(stream(stream_of(aws_event("contentBlockDelta", body))).status(), BW_E_PROTOCOL);
        EXPECT_FALSE(stream(stream_of(aws_exception("throttlingException", body))).ok());
    }
    for (const char* const output :
         {"1", "[]", R"({"message":7})", R"({"message":{"content":{"text":1}}})",
          R"({"message":{"content":[1,null,[],{"text":{}},{"toolUse":9},{"toolUse":{"input":[]}},)"
          R"({"reasoningContent":"x"},{"reasoningContent":{"reasoningText":[]}}]}})"}) {
        const std::string body = R"({"output":)" + std::string(output) + R"(,"stopReason":)";
        EXPECT_TRUE(call({}, {200, {}, body + "\"end_turn\",\"usage\":[]}"}).ok()) << output;
        EXPECT_EQ(call({}, {200, {}, body + "{}}"}).status(), BW_E_PROTOCOL) << output;
    }
    for (const char* const odd :
         {"[]", R"({"contentBlockIndex":"x","delta":7})", R"({"delta":{"text":[],"toolUse":1}})",
          R"({"contentBlockIndex":-9223372036854775808,"delta":{"toolUse":{"input":{"a":[]}}}})",
          R"({"start":{"toolUse":{"toolUseId":1,"name":{}}}})",
          R"({"contentBlockIndex":99999999999999999999,"start":{"toolUse":{}}})"}) {
        std::string body;
        for (const char* const event : {"contentBlockStart", "contentBlockDelta",
                                        "contentBlockStop", "messageStart", "messageStop"}) {
            body += aws_event(event, odd);
        }
        EXPECT_TRUE(stream(stream_of(body + ending("end_turn"))).ok()) << odd;
    }
    std::string many;
    for (int i = 0; i < 300; ++i) {
        many += aws_event("contentBlockStart",
                          R"({"contentBlockIndex":)" + std::to_string(i) +
                              R"(,"start":{"toolUse":{"toolUseId":"t","name":"f"}}})");
    }
    EXPECT_EQ(tool_calls(stream(stream_of(many + ending("tool_use")))).size(), 128U);
}

TEST_F(Bedrock, SurvivesHostileRequests) {
    const std::string deep = std::string(200, '[') + std::string(200, ']');
    for (const std::string& body :
         {std::string("{}"), std::string("[]"), std::string("7"), std::string(R"({"messages":[]})"),
          std::string(R"({"messages":[1]})"), std::string(R"({"messages":[{"role":"user"}]})"),
          std::string(R"({"messages":[{"role":"tool","content":"x"}]})"),
          std::string(R"({"messages":[{"role":"user","content":[{"type":"file"}]}]})"),
          std::string(R"({"messages":[{"role":"robot","content":"x"}]})")}) {
        Asked asked;
        asked.body = body;
        EXPECT_EQ(call(asked, recorded("plain")).status(), BW_E_INVALID) << body;
    }
    for (const std::string& members :
         {R"("cache_control":)" + deep, R"("thinking":)" + deep,
          std::string(R"("service_tier":{})"),
          std::string(R"("tools":[{"type":"function","function":{"name":"f","description":[],)"
                      R"("parameters":{"type":7}}}])"),
          std::string(R"("additionalModelRequestFields":"x","reasoning_details":{})")}) {
        const Result result = with(members);
        EXPECT_TRUE(result.ok()) << members.substr(0, 40);
    }
    const Result odd = ask(
        R"("messages":[{"role":"user","content":"a","cache_control":7},{"role":"assistant",)"
        R"("content":null,"reasoning_details":[1,{"format":"anthropic-claude-v1","data":{}}]}])");
    EXPECT_TRUE(odd.ok());
    EXPECT_TRUE(json::valid(odd.sent.body));
}

}  // namespace
}  // namespace bw::testing
