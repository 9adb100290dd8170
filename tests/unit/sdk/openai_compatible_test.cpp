// Requests and answers of OpenAI-compatible upstreams: what is relayed, what is mended, what is
// refused.
#include <bellwether/openai_compatible.hpp>
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

std::string chunk(const std::string& choice, const std::string& more = "") {
    return R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[)" +
           choice + "]" + more + "}";
}
std::string delta(const std::string& members, const std::string& finish = "null", int index = 0) {
    return R"({"index":)" + std::to_string(index) + R"(,"delta":{)" + members +
           R"(},"finish_reason":)" + finish + "}";
}
std::string event(const std::string& data) { return "data: " + data + "\n\n"; }

const std::string k_usage =
    R"({"prompt_tokens":22,"completion_tokens":17,"total_tokens":39,"completion_tokens_details":)"
    R"({"reasoning_tokens":12},"prompt_tokens_details":{"cached_tokens":5}})";
const std::string k_done = "data: [DONE]\n\n";

class OpenAi : public PluginTest {
  protected:
    OpenAi() : PluginTest("openai") {}
    static std::string config(const std::string& more) {
        return R"({"name":"openai","base_url":"https://api.openai.com/v1",)" + more + "}";
    }
};

// ---- asking ----------------------------------------------------------------------------------

TEST_F(OpenAi, SendsTheClientsBodyWithoutACopy) {
    Asked asked = streaming("gpt-4.1");
    asked.body.insert(1, R"( "weird" : 1.50 ,)");
    const Result result = call(asked, {200, {}, event(chunk(delta("", "\"stop\""))) + k_done});
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.sent.method, "POST");
    EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/chat/completions");
    EXPECT_EQ(result.sent.frame, static_cast<std::uint32_t>(BW_FRAME_SSE));
    EXPECT_EQ(result.sent.body, asked.body);
    EXPECT_TRUE(result.sent.body_borrowed);
    EXPECT_EQ(result.sent.header("accept"), "text/event-stream");
    EXPECT_EQ(result.sent.header("x-client-request-id"), "req-1");
    EXPECT_EQ(result.sent.auth, (std::vector<std::string>{"api_key"}));
}

TEST_F(OpenAi, KnowsThePaths) {
    Asked asked = complete();
    asked.operation = BW_OP_COMPLETIONS;
    const std::string text =
        R"({"id":"x","object":"text_completion","choices":[{"text":"a","index":0,"finish_reason":"stop"}]})";
    EXPECT_EQ(call(asked, {200, {}, text}).sent.url, "https://api.openai.com/v1/completions");
    asked.operation = BW_OP_EMBEDDINGS;
    const std::string vectors =
        R"({"object":"list","data":[{"embedding":[1.0]}],"usage":{"prompt_tokens":3,"total_tokens":3}})";
    const Result result = call(asked, {200, {}, vectors});
    EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/embeddings");
    EXPECT_EQ(result.reply(), vectors);
    EXPECT_EQ(result.usage.value().input_tokens, 3);
    EXPECT_EQ(result.usage.value().output_tokens, -1);
}

TEST_F(OpenAi, Quirks) {
    const std::string reply =
        R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})";
    Asked asked = complete();
    asked.body = R"({"model":"m","max_completion_tokens": 9,"messages":[]})";
    Result result = call_with(
        config(R"("max_completion_tokens":false,"path_prefix":"api/v2","headers":{"x-title":"t"})"),
        asked, {200, {}, reply});
    EXPECT_EQ(result.sent.body, R"({"model":"m","messages":[],"max_tokens":9})");
    EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/api/v2/chat/completions");
    EXPECT_EQ(result.sent.header("x-title"), "t");

    result = call_with(config(R"("default_enable_thinking_false":true)"), asked, {200, {}, reply});
    EXPECT_EQ(Value(result.sent.body)["enable_thinking"].raw(), "false");
    asked.body = R"({"model":"m","enable_thinking":true,"messages":[]})";
    result = call_with(config(R"("default_enable_thinking_false":true)"), asked, {200, {}, reply});
    EXPECT_EQ(result.sent.body, asked.body);

    result = call_with(config(R"("stream_options":false)"), streaming(),
                       {200, {}, event(chunk(delta("", "\"stop\""))) + k_done});
    EXPECT_EQ(result.sent.body,
              R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true})");
}

TEST_F(OpenAi, RenamesReasoning) {
    const std::string with = config(R"("rename_reasoning":true)");
    const std::string body = event(chunk(delta(R"("reasoning":"hm","content":"")"))) +
                             event(chunk(delta(R"("content":"a")", "\"stop\""))) + k_done;
    Result result = call_with(with, streaming(), {200, {}, body});
    EXPECT_EQ(result.chunks().at(0), chunk(delta(R"("reasoning_content":"hm","content":"")")));
    EXPECT_EQ(result.chunks().at(1), chunk(delta(R"("content":"a")", "\"stop\"")));
    result = call_with(with, complete(), {200, {}, body});
    EXPECT_EQ(Value(result.reply())["choices"].at(0)["message"]["reasoning_content"].string(),
              "hm");
    const std::string reply =
        R"({"choices":[{"index":0,"message":{"reasoning":"hm","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})";
    result = call_with(with, complete(), {200, {}, reply});
    EXPECT_EQ(
        result.reply(),
        R"({"choices":[{"index":0,"message":{"reasoning_content":"hm","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})");
}

TEST_F(OpenAi, BadHeadersAreAConfigError) {
    Instance instance(host, library_.table(), config(R"("headers":{"x":1})"));
    ASSERT_TRUE(instance.error());
    EXPECT_EQ(instance.error()->status, BW_E_INVALID);
    EXPECT_EQ(instance.error()->message, "openai: headers.x must be a string");
    for (const char* header : {R"("x":"c\nd")", R"("a b":"x")", R"("Content-Length":"5")"}) {
        Instance other(host, library_.table(),
                       config(R"("headers":{)" + std::string(header) + "}"));
        ASSERT_TRUE(other.error()) << header;
        EXPECT_NE(other.error()->message.find(" cannot be sent: "), std::string::npos) << header;
    }
}

// A request had two of them, the config's and the credential's.
TEST_F(OpenAi, AHeaderThatTheCredentialFillsIsRefused) {
    for (const char* name : {"authorization", "Authorization"}) {
        const std::string headers =
            R"("headers":{)" + bw::json::quote(name) + R"(:"Bearer sk-other"})";
        Instance instance(host, library_.table(), config(headers));
        ASSERT_TRUE(instance.error());
        EXPECT_EQ(instance.error()->message,
                  std::string("openai: headers.") + name +
                      " stands beside api_key, which fills that header; leave it out, or leave "
                      "api_key out");
    }
    host.secrets.clear();
    const Result keyless = call_with(
        R"({"name":"local","base_url":"http://gpu:8000/v1","headers":{"Authorization":"Basic eDp5"}})",
        complete(), {200, {}, "{}"});
    EXPECT_EQ(keyless.sent.header("authorization"), "Basic eDp5");
}

TEST_F(OpenAi, BrokenConfigIsAnErrorAndNoCrash) {
    for (const std::string& config :
         {std::string(), std::string("{"), std::string("[]"), std::string(1 << 20, '[')}) {
        Instance instance(host, library_.table(), config);
        ASSERT_TRUE(instance.error());
        EXPECT_EQ(instance.error()->status, BW_E_INVALID);
    }
}

// ---- streams ---------------------------------------------------------------------------------

TEST_F(OpenAi, RelaysChunksByteForByteAtEveryCut) {
    const std::string first = chunk(delta(R"("role":"assistant","content":"สวัสดี")"), R"(,"x":{ })");
    const std::string second = chunk(delta(R"("content":"你好","x":null)"));
    const std::string third = chunk(delta("", "\"stop\""), R"(,"usage":null)");
    const std::string usage =
        R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":)" +
        k_usage + "}";
    const std::string body = ": wait\n\n" + event(first) + "data: " + second + "\r\n\r\n" +
                             event(third) + event(usage) + "data: [DONE] \n\n";
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
        const std::string_view view(body);
        Instance instance(host, library_.table(), config_);
        const Result result = instance.call_in_parts(streaming(), {200, {}, body},
                                                     {view.substr(0, cut), view.substr(cut)});
        ASSERT_TRUE(result.ok()) << result.error->message;
        ASSERT_EQ(result.chunks(), (std::vector<std::string>{first, second, third}));
        ASSERT_EQ(result.of_kind(BW_EMIT_USAGE), std::vector<std::string>{usage});
        ASSERT_EQ(result.usage.value().input_tokens, 22);
        ASSERT_EQ(result.usage.value().output_tokens, 17);
        ASSERT_EQ(result.usage.value().cached_input_tokens, 5);
        ASSERT_EQ(result.usage.value().reasoning_tokens, 12);
    }
    EXPECT_EQ(call(streaming(), {200, {}, body}, 1).chunks().size(), 3u);
}

TEST_F(OpenAi, UsageOnAChunkWithChoicesComesAtTheEnd) {
    const std::string early = R"({"prompt_tokens":1,"completion_tokens":1})";
    const std::string late =
        R"({"prompt_tokens":1,"completion_tokens":2,"prompt_cache_hit_tokens":1})";
    const std::string body = event(R"({"usage":)" + early + R"(, "id":"c1","choices":[)" +
                                   delta(R"("content":"a")") + "]}") +
                             event(chunk(delta("", "\"stop\""), R"( , "usage" : )" + late)) +
                             k_done;
    const Result result = call(streaming(), {200, {}, body});
    EXPECT_EQ(result.chunks().at(0),
              R"({"id":"c1","choices":[)" + delta(R"("content":"a")") + "]}");
    EXPECT_EQ(result.chunks().at(1), chunk(delta("", "\"stop\"")));
    ASSERT_EQ(result.emitted.size(), 3u);
    EXPECT_EQ(result.emitted.back().kind, static_cast<std::uint32_t>(BW_EMIT_USAGE));
    EXPECT_EQ(
        result.emitted.back().json,
        R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":)" +
            late + "}");
    EXPECT_EQ(result.usage.value().output_tokens, 2);
    EXPECT_EQ(result.usage.value().cached_input_tokens, 1);
}

TEST_F(OpenAi, AStreamThatJustEndsIsTruncated) {
    const std::string open = event(chunk(delta(R"("content":"a")")));
    Result result = call(streaming(), {200, {}, open});
    EXPECT_EQ(result.status(), BW_E_PROTOCOL);
    EXPECT_EQ(result.error->code, "stream_truncated");
    EXPECT_EQ(result.error->where, "call_end");
    // An empty finish_reason finishes nothing.
    EXPECT_FALSE(call(streaming(), {200, {}, event(chunk(delta("", "\"\"")))}).ok());
    // Finished without [DONE], and [DONE] without a finish, are both complete.
    EXPECT_TRUE(call(streaming(), {200, {}, event(chunk(delta("", "\"stop\"")))}).ok());
    EXPECT_TRUE(call(streaming(), {200, {}, open + "data: [DONE]"}).ok());
    // One of two choices is missing its end.
    const std::string two = event(chunk(delta("", "null", 0))) + event(chunk(delta("", "null", 1)));
    EXPECT_FALSE(call(streaming(), {200, {}, two + event(chunk(delta("", "\"stop\"", 1)))}).ok());
    EXPECT_EQ(call(complete(), {200, {}, open}).error.value().code, "stream_truncated");
}

TEST_F(OpenAi, AnAnswerWithoutAnswer) {
    EXPECT_EQ(call(streaming(), {200, {}, ": nothing\n\n"}).error.value().code, "empty_reply");
    EXPECT_EQ(call(streaming(), {200, {}, k_done}).error.value().code, "empty_reply");
    EXPECT_EQ(call(complete(), {200, {}, ""}).error.value().code, "empty_reply");
    const Result page =
        call(complete(), {200, {{"content-type", "text/html"}}, "<html>\nhello</html>"});
    EXPECT_EQ(page.status(), BW_E_PROTOCOL);
    EXPECT_NE(page.error->message.find("text/html"), std::string::npos);
    EXPECT_EQ(call(complete(), {200, {}, R"({"choices":[]})"}).error.value().code, "empty_reply");
    EXPECT_EQ(call(complete(), {200, {}, R"({"id":"x"})"}).error.value().code, "malformed_reply");
    EXPECT_EQ(call(complete(), {200, {}, R"({"choices":[{"mess)"}).error.value().code,
              "malformed_reply");
}

TEST_F(OpenAi, GarbageInAStream) {
    const std::string open = event(chunk(delta(R"("content":"a")")));
    for (const char* garbage : {"hello", "{\"choices\":[", "[1]", "\"text\"", "{} {}"}) {
        const Result result = call(streaming(), {200, {}, open + event(garbage)});
        EXPECT_EQ(result.status(), BW_E_PROTOCOL) << garbage;
        EXPECT_EQ(result.error->code, "malformed_chunk") << garbage;
        EXPECT_EQ(result.chunks().size(), 1u);
    }
    const Result other =
        call(streaming(), {200, {}, event(R"({"type":"response.output_text.delta","delta":"x"})")});
    EXPECT_EQ(other.error.value().code, "malformed_chunk");
    EXPECT_TRUE(call(streaming(),
                     {200, {}, event(R"({"type":"ping"})") + event(chunk(delta("", "\"stop\"")))})
                    .ok());
}

TEST_F(OpenAi, ErrorsWithinAStream) {
    const std::string open = event(chunk(delta(R"("content":"a")")));
    const auto status = [&](const std::string& frame) {
        const Result result = call(streaming(), {200, {}, open + frame + k_done});
        EXPECT_EQ(result.chunks().size(), result.ok() ? 2u : 1u);
        return result.status();
    };
    EXPECT_EQ(status(event(R"({"error":{"message":"m","code":400}})")), BW_E_INVALID);
    EXPECT_EQ(status(event(R"({"error":{"message":"m","type":"rate_limit_error"}})")), BW_E_RATE);
    EXPECT_EQ(status(event(R"({"error":"text"})")), BW_E_UPSTREAM);
    EXPECT_EQ(status(event(R"([{"error":{"message":"m","code":429}}])")), BW_E_RATE);
    EXPECT_EQ(status("event: error\n" + event(R"({"code":"server_error","message":"m"})")),
              BW_E_UPSTREAM);
    EXPECT_EQ(status(event(R"({"code":"rate_limit_exceeded","message":"m","request_id":"r"})")),
              BW_E_RATE);
    EXPECT_EQ(status(event(R"({"error":null,"choices":[)" + delta("", "\"stop\"") + "]}")), BW_OK);
}

TEST_F(OpenAi, NothingAfterDoneCounts) {
    const std::string usage = R"({"choices":[],"usage":)" + k_usage + "}";
    const std::string before = event(chunk(delta("", "\"stop\""))) + event(usage);
    for (const std::string& done : {k_done, std::string("data: [DONE]  \r\n\r\n")}) {
        for (const Asked& asked : {streaming(), complete()}) {
            const Result result = call(asked, {200, {}, before + done + event("garbage")}, 7);
            EXPECT_TRUE(result.ok());
            EXPECT_TRUE(result.completed);  // without waiting for the upstream's end
            EXPECT_EQ(result.emitted.size(), asked.stream ? 2u : 1u);
        }
    }
    EXPECT_FALSE(call(streaming(), {200, {}, before}).completed);
}

// ---- the other form --------------------------------------------------------------------------

TEST_F(OpenAi, FoldsAStreamIntoTheReplyThatWasAsked) {
    const std::string body =
        event(chunk(delta(R"("role":"assistant","content":"","reasoning_content":null)"))) +
        event(chunk(delta(R"("reasoning_content":"Let ","content":null)"))) +
        event(chunk(delta(R"("reasoning_content":"me\n")"))) +
        event(chunk(delta(R"("content":"4\u0e01","x":[1])"))) +
        event(chunk(delta(R"("content":"2","role":"")"), R"(,"system_fingerprint":"fp")")) +
        event(chunk(delta(R"("content":"")", "\"length\""))) +
        event(R"({"id":"c1","choices":[],"usage":)" + k_usage + "}") + k_done;
    const std::string expected =
        R"({"id":"c1","created":7,"model":"m","system_fingerprint":"fp","usage":)" + k_usage +
        R"(,"object":"chat.completion","choices":[{"index":0,"finish_reason":"length","message":)"
        R"({"role":"assistant","content":"4\u0e012","reasoning_content":"Let me\n","x":[1]},)"
        R"("logprobs":null}]})";
    for (std::size_t cut = 1; cut < 40; ++cut) {
        const Result result = call(complete(), {200, {}, body}, cut);
        ASSERT_TRUE(result.ok());
        ASSERT_EQ(result.reply(), expected);
        ASSERT_EQ(result.usage.value().output_tokens, 17);
    }
}

TEST_F(OpenAi, FoldsToolCallsAndChoices) {
    const std::string body =
        event(chunk(delta(
            R"("role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_9","type":"function","function":{"name":"f","arguments":""}}])"))) +
        event(chunk(delta(R"("tool_calls":[{"index":1,"id":"call_8","function":{"name":"g"}}])"))) +
        event(chunk(delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}])"))) +
        event(chunk(delta(
            R"("tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":"\"BKK\"}"}}])"))) +
        event(chunk(delta(R"("content":"two")", "null", 1))) +
        event(chunk(delta("", "\"tool_calls\""))) + event(chunk(delta("", "\"stop\"", 1))) + k_done;
    const Result result = call(complete(), {200, {}, body});
    ASSERT_TRUE(result.ok());
    const std::string reply = result.reply();
    const Value choices = Value(reply)["choices"];
    EXPECT_EQ(
        choices.at(0).raw(),
        R"({"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[)"
        R"({"id":"call_9","type":"function","function":{"name":"f","arguments":"{\"city\":\"BKK\"}"}},)"
        R"({"id":"call_8","type":"function","function":{"name":"g","arguments":""}}]},"logprobs":null})");
    EXPECT_EQ(choices.at(1)["message"].raw(), R"({"content":"two","role":"assistant"})");
}

TEST_F(OpenAi, FoldsCompletionsAndLogprobs) {
    Asked asked = complete();
    asked.operation = BW_OP_COMPLETIONS;
    const auto text = [](const std::string& words, const std::string& finish) {
        return event(R"({"id":"c","object":"text_completion","choices":[{"index":0,"text":)" +
                     words + R"(,"finish_reason":)" + finish + "}]}");
    };
    const Result result = call(
        asked, {200, {}, text("\"a\"", "null") + text("\"b\"", "null") + text("\"\"", "\"stop\"")});
    EXPECT_EQ(
        result.reply(),
        R"({"id":"c","object":"text_completion","choices":[{"index":0,"text":"ab","finish_reason":"stop","logprobs":null}]})");
    const std::string body =
        event(chunk(
            R"({"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}]}})")) +
        event(chunk(
            R"({"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b"}]},"finish_reason":"stop"})"));
    EXPECT_EQ(Value(call(complete(), {200, {}, body}).reply())["choices"].at(0)["logprobs"].raw(),
              R"({"content":[{"token":"a"},{"token":"b"}]})");
}

TEST_F(OpenAi, UnfoldsAReplyIntoTheStreamThatWasAsked) {
    const std::string reply =
        R"( {"id":"c1","object":"chat.completion","created":7,"model":"m","x":1,"choices":[{"index":0,"message":)"
        R"({"role":"assistant","content":"hi","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":""}}]},)"
        R"("logprobs":null,"finish_reason":"tool_calls"}],"usage":)" +
        k_usage + "}\n";
    for (std::size_t cut = 1; cut < 20; ++cut) {
        const Result result = call(streaming(), {200, {}, reply}, cut);
        ASSERT_TRUE(result.ok());
        ASSERT_EQ(result.emitted.size(), 3u);
        const std::string head =
            R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","x":1,"choices":[{"index":0,"logprobs":null,"finish_reason":)";
        ASSERT_EQ(
            result.emitted[0].json,
            head +
                R"(null,"delta":{"role":"assistant","content":"hi","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":""},"index":0}]}}]})");
        ASSERT_EQ(result.emitted[1].json, head + R"("tool_calls","delta":{}}]})");
        ASSERT_EQ(result.emitted[2].kind, static_cast<std::uint32_t>(BW_EMIT_USAGE));
        ASSERT_EQ(Value(result.emitted[2].json)["usage"].raw(), k_usage);
        ASSERT_EQ(result.usage.value().input_tokens, 22);
    }
}

TEST_F(OpenAi, RelaysAReplyByteForByte) {
    const std::string reply =
        R"({ "id":"c1", "choices":[{"index":0,"message":{"content":"1.50","y":1.50}}],"usage":)" +
        k_usage + " }";
    const Result result = call(complete(), {200, {}, "\n\n\r\n " + reply + "\n"});
    EXPECT_EQ(result.reply(), reply);
    EXPECT_EQ(result.usage.value().input_tokens, 22);
}

// ---- holysheep -------------------------------------------------------------------------------

class HolySheep : public PluginTest {
  protected:
    HolySheep() : PluginTest("holysheep") {}
};

TEST_F(HolySheep, TurnsThinkingOffWhereItWouldNeedAStream) {
    const std::string reply =
        R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})";
    Result result = call(complete("qwen3-32b"), {200, {}, reply});
    EXPECT_EQ(Value(result.sent.body)["enable_thinking"].raw(), "false");
    EXPECT_EQ(call(complete("qwen-max"), {200, {}, reply}).sent.body, complete("qwen-max").body);
    EXPECT_EQ(call(streaming("qwen3-32b"), {200, {}, reply}).sent.body,
              streaming("qwen3-32b").body);
}

TEST_F(HolySheep, StreamsAndFoldsWhenThinkingIsWanted) {
    Asked asked = complete("qwen3-32b");
    asked.body = R"({"model":"qwen3-32b","enable_thinking":true,"messages":[]})";
    const Result result =
        call(asked, {200, {}, event(chunk(delta(R"("content":"a")", "\"stop\""))) + k_done});
    EXPECT_EQ(
        result.sent.body,
        R"({"model":"qwen3-32b","enable_thinking":true,"messages":[],"stream":true,"stream_options":{"include_usage":true}})");
    EXPECT_EQ(result.sent.header("accept"), "text/event-stream");
    EXPECT_EQ(result.text(), "a");
}

TEST_F(HolySheep, ManifestSaysWhatTheHostNeeds) {
    const std::string text = library_.table()->manifest;
    ASSERT_TRUE(bw::json::valid(text));
    const Value manifest(text);
    EXPECT_EQ(manifest["base_url"].string(), "https://api.holysheep.ai/v1");
    EXPECT_EQ(manifest["base_url_env"].string(), "HOLYSHEEP_BASE_URL");
    const Value secret = manifest["credentials"].at(0);
    EXPECT_EQ(secret["name"].string(), "api_key");
    EXPECT_EQ(secret["env"].string(), "HOLYSHEEP_API_KEY");
    EXPECT_TRUE(secret["required"].boolean(false));
    EXPECT_EQ(secret["foreign"].at(0)["prefix"].string(), "sk-ant-");
    EXPECT_EQ(manifest["models"].at(0)["id"].string(), "qwen-max");
    EXPECT_EQ(manifest["models"].at(0)["context"].integer(), 32768);
}

// ---- small parts -----------------------------------------------------------------------------

TEST(NearestModel, IsNearOrNone) {
    static constexpr bw::openai::Model k_models[] = {{"qwen-max"}, {"gpt-4.1"}, {"deepseek-v3.2"}};
    bw::openai::Api api;
    api.models = k_models;
    EXPECT_EQ(nearest_model(api, "gpt-4"), "gpt-4.1");
    EXPECT_EQ(nearest_model(api, "Qwen-Mac"), "qwen-max");
    EXPECT_EQ(nearest_model(api, "deepseek-chat"), "deepseek-v3.2");
    EXPECT_EQ(nearest_model(api, "llama"), "");
}

TEST(MaskKeys, LeavesWordsAlone) {
    using bw::openai::detail::mask_keys;
    for (const char* text :
         {"model qwen3-235b-a22b-thinking-2507 is busy", "Unknown key: messages",
          "see https://help.example.com/model-studio/error-code#token-limit", "sk- is short",
          "ask-me", "max_tokens: 131072 is the most", "สวัสดี", "a. b"}) {
        EXPECT_EQ(mask_keys(text), text);
    }
    EXPECT_EQ(mask_keys("Bearer abc12345678 x"), "Bearer *** x");
}

}  // namespace
