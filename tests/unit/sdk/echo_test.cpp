// The echo plugin: what it answers, how it counts, and how it fails when told to.
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

class Echo : public PluginTest {
  protected:
    Echo() : PluginTest("echo", R"({"name":"echo"})") {}

    static Asked ask(const std::string& more, const std::string& text = "\"hello world\"",
                     bool stream = false) {
        Asked asked;
        asked.stream = stream;
        asked.model = "echo";
        asked.body = R"({"model":"echo","messages":[{"role":"system","content":"be brief"},)"
                     R"({"role":"user","content":)" +
                     text + R"(},{"role":"assistant","content":"ok"}])" +
                     (more.empty() ? "" : "," + more) + "}";
        return asked;
    }
    static Asked told(const std::string& echo, bool stream = false) {
        return ask("\"echo\":{" + echo + "}", "\"hello world\"", stream);
    }
};

TEST_F(Echo, AnswersInOpenAisShape) {
    EXPECT_EQ(
        call(ask("")).reply(),
        R"({"id":"chatcmpl-req-1","object":"chat.completion","created":1767225600,"model":"echo","system_fingerprint":null,)"
        R"("choices":[{"index":0,"message":{"role":"assistant","content":"echo: hello world","refusal":null},"logprobs":null,"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":6,"completion_tokens":5,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0},)"
        R"("completion_tokens_details":{"reasoning_tokens":0}}})");
}

TEST_F(Echo, ReadsParts) {
    EXPECT_EQ(
        call(
            ask("",
                R"([{"type":"text","text":"a "},{"type":"image_url"},{"type":"text","text":"b"}])"))
            .text(),
        "echo: a b");
}

TEST_F(Echo, StreamsTheSameInWords) {
    const Result result = call(ask("", "\"hello world\"", true));
    ASSERT_EQ(result.emitted.size(), 6u);
    EXPECT_EQ(result.text(), "echo: hello world");
    const auto choice = [&](std::size_t i) {
        return std::string(Value(result.emitted[i].json)["choices"].at(0).raw());
    };
    EXPECT_EQ(
        choice(0),
        R"({"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null})");
    EXPECT_EQ(choice(1),
              R"({"index":0,"delta":{"content":"echo: "},"logprobs":null,"finish_reason":null})");
    EXPECT_EQ(choice(4), R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})");
    EXPECT_EQ(result.emitted[5].kind, static_cast<std::uint32_t>(BW_EMIT_USAGE));
    EXPECT_EQ(Value(result.emitted[5].json)["usage"]["total_tokens"].integer(), 11);
    EXPECT_EQ(result.usage.value().input_tokens, 6);
    EXPECT_EQ(result.usage.value().output_tokens, 5);
    for (const Emitted& piece : result.emitted) {
        EXPECT_EQ(Value(piece.json)["object"].string(), "chat.completion.chunk");
        EXPECT_EQ(Value(piece.json)["id"].string(), "chatcmpl-req-1");
    }
}

TEST_F(Echo, NeverCutsACharacter) {
    std::string thai;
    for (int i = 0; i < 30; ++i) thai += "สวัสดี你好😀";
    const Result result = call(ask("", bw::json::quote(thai), true));
    EXPECT_EQ(result.text(), "echo: " + thai);
    EXPECT_GT(result.chunks().size(), 10u);
    for (int limit = 1; limit < 40; ++limit) {
        const Asked asked =
            ask("\"max_tokens\":" + std::to_string(limit), bw::json::quote(thai), limit % 2 == 0);
        EXPECT_TRUE(call(asked).ok());
    }
}

TEST_F(Echo, HonoursTheLimitOfTokens) {
    for (const char* limit : {R"("max_tokens":2)", R"("max_completion_tokens":2,"max_tokens":9)"}) {
        const Result result = call(ask(limit));
        EXPECT_EQ(result.text(), "echo: he");
        EXPECT_EQ(Value(result.reply())["choices"].at(0)["finish_reason"].string(), "length");
        EXPECT_EQ(result.usage.value().output_tokens, 2);
    }
    EXPECT_EQ(call(ask(R"("max_tokens":0)")).error.value().param, "max_tokens");
}

TEST_F(Echo, MakesSeveralChoices) {
    const Result result = call(ask(R"("n":3)"));
    EXPECT_EQ(Value(result.reply())["choices"].at(2)["index"].integer(), 2);
    EXPECT_EQ(result.usage.value().output_tokens, 15);
}

TEST_F(Echo, Completions) {
    Asked asked;
    asked.operation = BW_OP_COMPLETIONS;
    asked.body = R"({"model":"echo","prompt":["a","b c"]})";
    const Result result = call(asked);
    const std::string text = result.reply();
    const Value reply(text);
    EXPECT_EQ(reply["object"].string(), "text_completion");
    EXPECT_EQ(reply["choices"].at(1)["text"].string(), "echo: b c");
    asked.stream = true;
    asked.body = R"({"model":"echo","prompt":[1,2]})";
    EXPECT_EQ(call(asked).text(), "echo: [1,2]");
}

TEST_F(Echo, Embeddings) {
    Asked asked;
    asked.operation = BW_OP_EMBEDDINGS;
    asked.body = R"({"model":"echo","input":["a","b"],"dimensions":3})";
    const std::string reply = call(asked).reply();
    EXPECT_EQ(reply, call(asked).reply());
    int count = 0;
    double length = 0;
    for (const Value& x : Value(reply)["data"].at(1)["embedding"].elements()) {
        ++count;
        length += *x.number() * *x.number();
    }
    EXPECT_EQ(count, 3);
    EXPECT_NEAR(length, 1.0, 1e-4);
    EXPECT_NE(Value(reply)["data"].at(0)["embedding"].raw(),
              Value(reply)["data"].at(1)["embedding"].raw());
    EXPECT_EQ(Value(reply)["usage"].raw(), R"({"prompt_tokens":2,"total_tokens":2})");
    asked.body = R"({"model":"echo","input":"a","dimensions":3,"encoding_format":"base64"})";
    EXPECT_EQ(Value(call(asked).reply())["data"].at(0)["embedding"].string().size(), 16u);
}

TEST_F(Echo, FailsAsTold) {
    const Result result = call(told(
        R"("status":429,"code":"limit_requests","message":"slow","retry_after_ms":1500)", true));
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->status, BW_E_RATE);
    EXPECT_EQ(result.error->http_status, 429u);
    EXPECT_EQ(result.error->code, "limit_requests");
    EXPECT_EQ(result.error->message, "slow");
    EXPECT_EQ(result.error->retry_after_ms, 1500);
    EXPECT_TRUE(result.emitted.empty());
    EXPECT_EQ(call(told(R"("status":429,"code":"insufficient_quota")")).status(), BW_E_QUOTA);
    EXPECT_EQ(call(told(R"("status":404)")).status(), BW_E_NOT_FOUND);
    EXPECT_EQ(call(told(R"("status":503)")).status(), BW_E_UPSTREAM);
    EXPECT_EQ(call(told(R"("status":400)")).status(), BW_E_INVALID);
}

TEST_F(Echo, FailsOnlyTheFirstAttempts) {
    Asked asked = told(R"("status":503,"fail_attempts":2)");
    EXPECT_FALSE(call(asked).ok());
    asked.attempt = 1;
    EXPECT_FALSE(call(asked).ok());
    asked.attempt = 2;
    EXPECT_TRUE(call(asked).ok());
}

TEST_F(Echo, BreaksOff) {
    for (const bool stream : {false, true}) {
        const Result result = call(told(R"("cut_after":3)", stream));
        ASSERT_TRUE(result.error);
        EXPECT_EQ(result.error->status, BW_E_PROTOCOL);
        EXPECT_EQ(result.error->code, "stream_truncated");
        EXPECT_EQ(result.chunks().size(), stream ? 3u : 0u);
    }
}

TEST_F(Echo, KeepsThePace) {
    const Result stream = call(told(R"("delay_ms":50,"first_delay_ms":200)", true));
    EXPECT_EQ(stream.waits, (std::vector<std::int64_t>{200, 50, 50, 50, -1}));
    const Result whole = call(told(R"("delay_ms":50,"first_delay_ms":200)"));
    EXPECT_EQ(whole.waits, (std::vector<std::int64_t>{200, 150, -1}));
    EXPECT_EQ(call_with(R"({"name":"e","delay":7})", ask("", "\"a\"", true)).waits,
              (std::vector<std::int64_t>{7, 7, -1}));
}

TEST_F(Echo, SaysWhatItIsTold) {
    EXPECT_EQ(call(told(R"("reply":"hi","repeat":3)")).text(), "hi hi hi");
    EXPECT_EQ(call(told(R"("reply":"")", true)).text(), "");
    EXPECT_EQ(call_with(R"({"name":"e","reply":"x","repeat":2})", ask("")).text(), "x x");
    EXPECT_EQ(call(told(R"("reply":")" + std::string(2000, 'x') + R"(","repeat":100000)")).status(),
              BW_E_INVALID);
}

TEST_F(Echo, CallsATool) {
    const std::string tool = R"("tool_call":{"name":"f","arguments":{"city":"กรุงเทพ"}})";
    Result result = call(told(tool));
    EXPECT_EQ(
        Value(result.reply())["choices"].at(0)["message"].raw(),
        R"({"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_echo","type":"function",)"
        R"("function":{"name":"f","arguments":"{\"city\":\"กรุงเทพ\"}"}}],"refusal":null})");
    result = call(told(tool, true));
    std::string arguments;
    std::string last;
    for (const std::string& piece : result.chunks()) {
        const Value choice = Value(piece)["choices"].at(0);
        arguments += choice["delta"]["tool_calls"].at(0)["function"]["arguments"].string();
        last = choice["finish_reason"].string();
    }
    EXPECT_EQ(arguments, R"({"city":"กรุงเทพ"})");
    EXPECT_EQ(last, "tool_calls");
}

TEST_F(Echo, NeedsAHostThatCanRunIt) {
    host.has_engine = false;
    EXPECT_EQ(call(ask("")).status(), BW_E_UNSUPPORTED);
}

}  // namespace
