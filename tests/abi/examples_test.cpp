// The example plugins and the throwing one, as files, driven by the testing host.
#include <gtest/gtest.h>

#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <vector>

namespace {

using namespace bw::testing;

const std::string k_folder = BELLWETHER_TEST_PLUGIN_DIR;

class Examples : public ::testing::Test {
  protected:
    void TearDown() override {
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << rule;
    }
    FakeHost host;
};

TEST_F(Examples, MinimalC) {
    const Library library(k_folder + "/minimal_c.so");
    Instance minimal(host, library.table(), R"({"name":"m","base_url":"https://x.test/chat"})");
    ASSERT_FALSE(minimal.error());
    const Result result = minimal.call({}, {200, {}, R"({"choices":[1]})"}, 1);
    EXPECT_EQ(result.reply(), R"({"choices":[1]})");
    EXPECT_EQ(result.sent.url, "https://x.test/chat");
    EXPECT_EQ(minimal.call({}, {500, {}, "no"}).status(), BW_E_UPSTREAM);
    Asked stream;
    stream.stream = true;
    EXPECT_EQ(minimal.call(stream).status(), BW_E_UNSUPPORTED);
    Instance nowhere(host, library.table(), "{}");
    EXPECT_EQ(nowhere.error().value().status, BW_E_INVALID);
}

TEST_F(Examples, MinimalCpp) {
    const Library library(k_folder + "/minimal_cpp.so");
    ASSERT_TRUE(bw::json::valid(library.table()->manifest));
    host.secrets = {"api_key"};
    Instance oracle(host, library.table(),
                    R"({"name":"o","base_url":"https://oracle.example/v1","tone":"plain"})");
    ASSERT_FALSE(oracle.error());
    const Result result = oracle.call({}, {200, {}, R"({"answer":"42","tokens":2})"}, 1);
    EXPECT_EQ(result.text(), "42");
    EXPECT_EQ(result.usage.value().output_tokens, 2);
    EXPECT_EQ(result.sent.body, "{\"tone\":\"plain\",\"question\":\"hello\\n\"}");
    EXPECT_EQ(oracle.call({}, {429, {}, ""}).status(), BW_E_RATE);
    EXPECT_EQ(oracle.call({}, {500, {}, R"({"problem":"fog"})"}).error.value().message,
              "the oracle failed: fog");
    EXPECT_EQ(oracle.call({}, {200, {}, "{}"}).status(), BW_E_PROTOCOL);
}

TEST_F(Examples, OracleC) {
    const Library library(k_folder + "/oracle_c.so");
    host.secrets = {"api_key"};
    Instance oracle(host, library.table(),
                    R"({"name":"o","base_url":"https://oracle.example/v1"})");
    ASSERT_FALSE(oracle.error());
    const Result result = oracle.call({}, {200, {}, R"({"answer":"42","tokens":2})"}, 1);
    EXPECT_EQ(result.text(), "42");
    EXPECT_EQ(result.usage.value().output_tokens, 2);
    EXPECT_EQ(result.sent.url, "https://oracle.example/v1/ask");
    EXPECT_EQ(result.sent.body, "{\"question\":\"hello\\n\"}");
    EXPECT_EQ(result.sent.auth, std::vector<std::string>{"api_key"});
    const Result unpaid = oracle.call({}, {402, {}, R"({"problem":"a sacrifice is due"})"});
    EXPECT_EQ(unpaid.status(), BW_E_QUOTA);
    EXPECT_EQ(unpaid.error.value().message, "a sacrifice is due");
    EXPECT_EQ(oracle.call({}, {200, {}, "{}"}).status(), BW_E_PROTOCOL);
    Asked twice;
    twice.body = R"({"model":"m","n":2,"messages":[{"role":"user","content":"hello"}]})";
    EXPECT_EQ(oracle.call(twice).status(), BW_E_UNSUPPORTED);
}

TEST_F(Examples, TableCpp) {
    const Library library(k_folder + "/table_cpp.so");
    host.secrets = {"api_key"};
    Instance example(host, library.table(),
                     R"({"name":"e","base_url":"https://api.example.com/v1"})");
    ASSERT_FALSE(example.error());
    const std::string reply =
        R"({"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
        R"("finish_reason":"stop","message":{"role":"assistant","content":"42"}}]})";
    const Result result = example.call({}, {200, {}, reply});
    EXPECT_EQ(result.text(), "42");
    EXPECT_EQ(result.sent.url, "https://api.example.com/v1/chat/completions");
    EXPECT_EQ(
        example.call({}, {403, {}, R"({"error":{"code":"wallet_empty","message":"no"}})"}).status(),
        BW_E_QUOTA);
}

TEST_F(Examples, VoiceCpp) {
    const Library library(k_folder + "/voice_cpp.so");
    host.secrets = {"api_key"};
    Instance voice(host, library.table(), R"({"name":"v","base_url":"https://voice.example/v1"})");
    ASSERT_FALSE(voice.error());
    Asked asked;
    asked.operation = BW_OP_SPEECH;
    asked.body = R"({"model":"m","input":"hello","voice":"eve"})";
    EXPECT_EQ(voice.estimate(asked).most.at("character"), 5);
    const Headers limits = {{"x-ratelimit-limit-requests", "60"},
                            {"x-ratelimit-remaining-requests", "59"},
                            {"x-ratelimit-reset-requests", "1s"}};
    const Result result = voice.call_in_turn(asked,
                                             {{200, limits, R"({"job":"7/8"})"},
                                              {200, {}, R"({"state":"working"})"},
                                              {200, {}, R"({"state":"done","characters":4})"},
                                              {200, {{"content-type", "audio/wav"}}, "RIFF"}},
                                             2);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result.sent.body, R"({"text":"hello","voice":"eve"})");
    ASSERT_EQ(result.sent_later.size(), 3u);
    EXPECT_EQ(result.sent_later[0].url, "https://voice.example/v1/jobs/7%2F8");
    EXPECT_EQ(result.sent_later[0].wait_ms, 500);
    EXPECT_EQ(result.sent_later[2].url, "https://voice.example/v1/jobs/7%2F8/sound");
    ASSERT_EQ(result.emitted.size(), 2u);
    EXPECT_EQ(result.emitted[0].json, "RI");
    EXPECT_EQ(result.emitted[0].content_type, "audio/wav");
    ASSERT_EQ(result.units.size(), 1u);
    EXPECT_EQ(result.units[0].second, 4);
    ASSERT_EQ(result.limits.size(), 1u);
    EXPECT_EQ(result.limits[0].remaining, 59);
    EXPECT_EQ(result.attributes, (Headers{{"voice.job", "7%2F8"}}));
    EXPECT_EQ(voice.call(asked, {503, {{"retry-after", "2"}}, R"({"problem":"hoarse"})"})
                  .error.value()
                  .retry_after_ms,
              2'000);
    EXPECT_EQ(voice.call(asked, {200, {}, "{}"}).status(), BW_E_PROTOCOL);
}

// What a client asks that has everything which the dialects say in another way.
Asked with_tools(bool stream) {
    Asked asked;
    asked.stream = stream;
    asked.body = R"({"model":"m","stream":)" + std::string(stream ? "true" : "false") +
                 R"(,"max_tokens":9,"stop":"x","tool_choice":"required",
        "tools":[{"type":"function","function":{"name":"f","description":"d"}}],
        "messages":[{"role":"system","content":"be brief"},
        {"role":"user","content":[{"type":"text","text":"hi"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,QUI="}}]},
        {"role":"assistant","tool_calls":[{"id":"c1","type":"function",
            "function":{"name":"f","arguments":"{\"a\":1}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"done"},{"role":"user","content":"go on"}]})";
    return asked;
}

TEST_F(Examples, AnthropicCpp) {
    const Library library(k_folder + "/anthropic_cpp.so");
    host.secrets = {"api_key"};
    Instance anthropic(host, library.table(), R"({"name":"a","base_url":"https://a.test"})");
    ASSERT_FALSE(anthropic.error());
    const Result streamed = anthropic.call(with_tools(true), {200, {}, R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","model":"claude","usage":{"input_tokens":12,"cache_read_input_tokens":900}}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}

data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":30}}

data: {"type":"message_stop"}

)"},
                                           1);
    EXPECT_EQ(
        streamed.sent.body,
        R"({"model":"m","stream":true,"max_tokens":9,"system":"be brief","stop_sequences":["x"],)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image",)"
        R"("source":{"type":"base64","media_type":"image/png","data":"QUI="}}]},)"
        R"({"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"a":1}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":)"
        R"([{"type":"text","text":"done"}]},{"type":"text","text":"go on"}]}],"tools":[{"name":"f",)"
        R"("description":"d","input_schema":{"type":"object","properties":{}}}],)"
        R"("tool_choice":{"type":"any"}})");
    EXPECT_EQ(streamed.sent.auth, std::vector<std::string>{"api_key"});
    EXPECT_EQ(streamed.sent.header("anthropic-version"), "2023-06-01");
    EXPECT_EQ(streamed.sent.frame, std::uint32_t{BW_FRAME_SSE});
    EXPECT_EQ(streamed.text(), "Hi");
    EXPECT_EQ(streamed.usage.value().input_tokens, 912);
    EXPECT_EQ(streamed.usage.value().output_tokens, 30);
    const Result whole =
        anthropic.call(with_tools(false), {200, {}, R"({"type":"message","id":"msg_1",
        "model":"claude","content":[{"type":"text","text":"Hi"},
        {"type":"tool_use","id":"t1","name":"f","input":{"a":1}}],"stop_reason":"tool_use",
        "usage":{"input_tokens":12,"output_tokens":30}})"},
                       1);
    const std::string reply(whole.reply());
    EXPECT_EQ(bw::json::Value(reply)["choices"].at(0)["finish_reason"].string(), "tool_calls");
    EXPECT_EQ(bw::json::Value(reply)["usage"]["total_tokens"].integer(), 42);
    const auto failed =
        anthropic
            .call(
                with_tools(true),
                {529,
                 {{"retry-after", "2"}},
                 R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"})
            .error;
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->status, BW_E_UPSTREAM);
    EXPECT_EQ(failed->http_status, 529u);
    EXPECT_EQ(failed->type, "overloaded_error");
    EXPECT_EQ(failed->retry_after_ms, 2'000);
    EXPECT_EQ(bw::json::Value(failed->raw)["error"]["message"].string(), "Overloaded");
    EXPECT_EQ(anthropic.call(with_tools(true), {200, {}, "data: {}\n\n"}).status(), BW_E_PROTOCOL);
}

TEST_F(Examples, OllamaC) {
    const Library library(k_folder + "/ollama_c.so");
    Instance ollama(host, library.table(), R"({"name":"o","base_url":"http://127.0.0.1:11434"})");
    ASSERT_FALSE(ollama.error());
    const std::string lines = R"({"message":{"role":"assistant","content":"Hi","thinking":"hm"}}
{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}}
{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":6}
)";
    const Result streamed = ollama.call(with_tools(true), {200, {}, lines}, 1);
    EXPECT_EQ(streamed.sent.url, "http://127.0.0.1:11434/api/chat");
    EXPECT_EQ(
        streamed.sent.body,
        R"({"model":"m","stream":true,"tools":[{"type":"function","function":{"name":"f",)"
        R"("description":"d"}}],"options":{"num_predict":9,"stop":"x"},"messages":[)"
        R"({"role":"system","content":"be brief","images":[],"tool_calls":[]},)"
        R"({"role":"user","content":"hi","images":["QUI="],"tool_calls":[]},)"
        R"({"role":"assistant","content":"","images":[],"tool_calls":[{"function":{"name":"f",)"
        R"("arguments":{"a":1}}}]},{"role":"tool","content":"done","images":[],"tool_calls":[]},)"
        R"({"role":"user","content":"go on","images":[],"tool_calls":[]}]})");
    EXPECT_EQ(streamed.sent.frame, std::uint32_t{BW_FRAME_LINE});
    EXPECT_EQ(streamed.text(), "Hi");
    EXPECT_EQ(streamed.usage.value().input_tokens, 5);
    EXPECT_EQ(streamed.usage.value().output_tokens, 6);
    EXPECT_EQ(streamed.of_kind(BW_EMIT_USAGE).size(), 1u);
    const Result whole = ollama.call(with_tools(false), {200, {}, lines}, 1);
    const std::string reply(whole.reply());
    const bw::json::Value choice = bw::json::Value(reply)["choices"].at(0);
    EXPECT_EQ(choice["finish_reason"].string(), "tool_calls");
    EXPECT_EQ(choice["message"]["reasoning_content"].string(), "hm");
    EXPECT_EQ(choice["message"]["tool_calls"].at(0)["function"]["arguments"].string(),
              R"({"a":1})");
    const auto unknown = ollama.call({}, {404, {}, R"({"error":"no such model"})"}).error;
    EXPECT_EQ(unknown.value().message, "no such model");
    EXPECT_EQ(unknown.value().status, BW_E_NOT_FOUND);
    EXPECT_EQ(unknown.value().http_status, 404u);
    EXPECT_EQ(ollama.call({}, {503, {}, "busy"}).status(), BW_E_UPSTREAM);
    EXPECT_EQ(ollama.call({}, {200, {}, R"({"error":"it broke"})"}).status(), BW_E_UPSTREAM);
    EXPECT_EQ(ollama.call({}, {200, {}, "{}\n"}).status(), BW_E_PROTOCOL);
    Asked elsewhere;
    elsewhere.body = R"({"model":"m","messages":[{"role":"user","content":[
        {"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}]})";
    const Result refused = ollama.call(elsewhere);
    EXPECT_EQ(refused.status(), BW_E_UNSUPPORTED);
    EXPECT_EQ(refused.sent.url, "") << "nothing was sent";
}

TEST_F(Examples, ThrowingNeverGetsOut) {
    const Library library(k_folder + "/throwing.so");
    for (const std::string where : {"create", "open", "head", "data", "end", "step"}) {
        for (const std::string what : {"standard", "memory", "other", "rate"}) {
            Instance throwing(host, library.table(),
                              R"({"base_url":"https://x.test","where":")" + where +
                                  R"(","what":")" + what + "\"}");
            const auto failed =
                throwing.error() ? throwing.error() : throwing.call({}, {200, {}, "{}"}).error;
            ASSERT_TRUE(failed) << where << what;
            EXPECT_EQ(failed->status, what == "rate" ? BW_E_RATE : BW_E_INTERNAL);
        }
    }
}

}  // namespace
