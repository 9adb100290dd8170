// The ollama plugin against what its simulated vendor has answered.
#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ollama_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using Names = std::vector<std::string>;
using Ollama = OllamaTest;

// ---- what is asked ---------------------------------------------------------------------------

TEST_F(Ollama, AsksItsOwnApi) {
    const Result whole = play("plain");
    EXPECT_EQ(whole.sent.method, "POST");
    EXPECT_EQ(whole.sent.url, "http://127.0.0.1:11434/api/chat");
    EXPECT_EQ(whole.sent.frame, std::uint32_t{BW_FRAME_WHOLE});
    EXPECT_TRUE(whole.sent.auth.empty()) << "a server of one's own asks for no key";
    EXPECT_EQ(raw(whole.sent.body, "stream"), "false");
    const Result stream = play("stream");
    EXPECT_EQ(stream.sent.frame, std::uint32_t{BW_FRAME_LINE});
    EXPECT_EQ(raw(stream.sent.body, "stream"), "true");
    host.secrets = {"api_key"};
    EXPECT_EQ(play("plain").sent.auth, Names{"api_key"});
}

TEST_F(Ollama, TranslatesOptions) {
    const std::string body =
        sent(R"("temperature":0.5,"top_p":0.9,"seed":7,"stop":"\n","max_tokens":9,"num_ctx":4096,)"
             R"("keep_alive":"5m","presence_penalty":1,"user":"u","metadata":{})");
    EXPECT_EQ(raw(body, "options"),
              R"({"temperature":0.5,"top_p":0.9,"seed":7,"presence_penalty":1,"num_ctx":4096,)"
              R"("num_predict":9,"stop":["\n"]})");
    EXPECT_EQ(raw(body, "keep_alive"), R"("5m")");
    EXPECT_EQ(raw(body, "user"), "");
    const std::string given =
        sent(R"("options":{"top_k":3,"num_predict":4,"stop":["a","b"]},"top_k":2,"seed":null)");
    EXPECT_EQ(raw(given, "options"), R"({"top_k":2,"num_predict":4,"stop":["a","b"]})");
}

TEST_F(Ollama, HasDefaultsInTheConfig) {
    config_ = R"({"name":"ollama","base_url":"http://127.0.0.1:11434","num_ctx":8192,)"
              R"("keep_alive":"1h","truncate":false})";
    const std::string body = sent(R"("top_k":1)");
    EXPECT_EQ(raw(body, "options"), R"({"top_k":1,"num_ctx":8192})");
    EXPECT_EQ(raw(body, "keep_alive"), R"("1h")");
    EXPECT_EQ(raw(body, "truncate"), "false") << "a prompt that is too long is an error";
    EXPECT_EQ(raw(sent(R"("options":{"num_ctx":1},"truncate":true)"), "options"),
              R"({"num_ctx":1})");
}

TEST_F(Ollama, TranslatesFormats) {
    EXPECT_EQ(raw(sent(R"("response_format":{"type":"json_object"})"), "format"), R"("json")");
    EXPECT_EQ(raw(sent(R"("response_format":{"type":"json_schema","json_schema":)"
                       R"({"name":"n","schema":{"type":"object"}}})"),
                  "format"),
              R"({"type":"object"})");
    EXPECT_EQ(raw(sent(R"("response_format":{"type":"text"})"), "format"), "");
}

TEST_F(Ollama, TranslatesEfforts) {
    const std::vector<std::pair<const char*, const char*>> efforts = {
        {"none", "false"},        {"minimal", "\"low\""}, {"low", "\"low\""},
        {"medium", "\"medium\""}, {"high", "\"high\""},   {"xhigh", "\"max\""}};
    for (const auto& [effort, think] : efforts) {
        EXPECT_EQ(raw(sent(std::string(R"("reasoning_effort":")") + effort + "\""), "think"),
                  think);
    }
    EXPECT_EQ(raw(sent(R"("think":true,"reasoning_effort":"low")"), "think"), "true");
    EXPECT_EQ(raw(sent(R"("seed":1)"), "think"), "");
}

TEST_F(Ollama, TranslatesMessages) {
    const std::string body =
        sent(R"("messages":[{"role":"developer","content":"be brief"},)"
             R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url",)"
             R"("image_url":{"url":"data:image/png;base64,QUJD"}}]},)"
             R"({"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[)"
             R"({"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},)"
             R"({"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},)"
             R"({"role":"tool","tool_call_id":"c2","content":"done"}])");
    const Value messages = Value(body)["messages"];
    EXPECT_EQ(messages.at(0)["role"].string(), "system");
    EXPECT_EQ(messages.at(1)["content"].string(), "look");
    EXPECT_EQ(messages.at(1)["images"].raw(), R"(["QUJD"])");
    EXPECT_EQ(messages.at(2)["thinking"].string(), "hm");
    EXPECT_EQ(messages.at(2)["content"].string(), "");
    EXPECT_EQ(messages.at(2)["tool_calls"].raw(),
              R"([{"id":"c1","type":"function","function":{"name":"f","arguments":{"a":1}}},)"
              R"({"id":"c2","type":"function","function":{"name":"g","arguments":{}}}])");
    EXPECT_EQ(messages.at(3)["tool_name"].string(), "g");
    EXPECT_EQ(messages.at(3)["tool_call_id"].string(), "c2");
}

TEST_F(Ollama, TranslatesTools) {
    const std::string tools = R"("tools":[{"type":"function","function":{"name":"f"}}])";
    EXPECT_EQ(raw(sent(tools), "tools"), R"([{"type":"function","function":{"name":"f"}}])");
    EXPECT_EQ(raw(sent(tools + R"(,"tool_choice":"auto")"), "tools"),
              R"([{"type":"function","function":{"name":"f"}}])");
    EXPECT_EQ(raw(sent(tools + R"(,"tool_choice":"none")"), "tools"), "");
}

TEST_F(Ollama, RefusesWhatItCannotServeByName) {
    const std::string hi = k_hi + std::string(",");
    const std::vector<std::pair<std::string, std::string>> rows = {
        {R"("n":2)", "n"},
        {R"("logprobs":true)", "logprobs"},
        {R"("logit_bias":{"1":2})", "logit_bias"},
        {R"("parallel_tool_calls":false)", "parallel_tool_calls"},
        {R"("modalities":["text","audio"])", "modalities"},
        {R"("functions":[{"name":"f"}])", "functions"},
        {R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required")",
         "tool_choice"},
        {R"("tools":[{"type":"custom","custom":{"name":"f"}}])", "tools[0]"}};
    for (const auto& [members, param] : rows) {
        const Failed failed = refusal(hi + members);
        EXPECT_EQ(failed.status, BW_E_UNSUPPORTED) << members;
        EXPECT_EQ(failed.param, param);
        EXPECT_EQ(failed.message.find(param), 0U) << failed.message;
    }
    const Failed picture =
        refusal(R"("messages":[{"role":"user","content":[{"type":"text","text":"a"},)"
                R"({"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]}])");
    EXPECT_EQ(picture.status, BW_E_UNSUPPORTED);
    EXPECT_EQ(picture.param, "messages[0].content[1]");
    sent(R"("n":1,"logprobs":false,"top_logprobs":0,"logit_bias":{},"parallel_tool_calls":true,)"
         R"("modalities":["text"],"tools":[],"stop":null)");
}

TEST_F(Ollama, RefusesWhatIsWrongByName) {
    const std::string hi = k_hi + std::string(",");
    const std::vector<std::pair<std::string, std::string>> rows = {
        {R"("messages":[])", "messages"},
        {R"("messages":{"a":1})", "messages"},
        {R"("seed":1)", "messages"},
        {R"("messages":[5])", "messages[0]"},
        {R"("messages":[{"role":"alien","content":"a"}])", "messages[0].role"},
        {R"("messages":[{"role":"user"}])", "messages[0].content"},
        {R"("messages":[{"role":"user","content":7}])", "messages[0].content"},
        {R"("messages":[{"role":"tool","content":"a"}])", "messages[0].tool_call_id"},
        {R"("messages":[{"role":"assistant","tool_calls":[{}]}])", "messages[0].tool_calls"},
        {hi + R"("temperature":"hot")", "temperature"},
        {hi + R"("max_tokens":1.5)", "max_tokens"},
        {hi + R"("stop":[1])", "stop[0]"},
        {hi + R"("stop":{})", "stop"},
        {hi + R"("tools":[{"type":"function"}])", "tools[0].function.name"},
        {hi + R"("tools":7)", "tools"},
        {hi + R"("tool_choice":7)", "tool_choice"},
        {hi + R"("response_format":{"type":"xml"})", "response_format.type"},
        {hi + R"("response_format":"json")", "response_format"}};
    for (const auto& [members, param] : rows) {
        const Failed failed = refusal(members);
        EXPECT_EQ(failed.status, BW_E_INVALID) << members;
        EXPECT_EQ(failed.param, param) << members;
    }
}

// ---- what is answered ------------------------------------------------------------------------

TEST_F(Ollama, GivesEveryRecordedAnswerHoweverItIsCut) {
    for (const Recorded& one : all_recorded("ollama")) {
        const Asked asked = one.streams ? streaming("m") : complete("m");
        const Result whole = call(asked, one.response);
        for (const std::size_t cut : {1u, 7u, 1000u}) {
            const Result again = call(asked, one.response, cut);
            EXPECT_EQ(again.chunks(), whole.chunks()) << one.name << " cut at " << cut;
            EXPECT_EQ(again.reply(), whole.reply()) << one.name;
            EXPECT_EQ(again.status(), whole.status()) << one.name;
        }
        const bool fails =
            one.response.status >= 400 || one.name == "broken_stream" || one.name == "early_stream";
        EXPECT_EQ(whole.ok(), !fails) << one.name;
        if (fails) continue;
        ASSERT_TRUE(whole.usage) << one.name;
        EXPECT_GT(whole.usage->input_tokens, 0) << one.name;
        EXPECT_GT(whole.usage->output_tokens, 0) << one.name;
    }
}

TEST_F(Ollama, StreamsAChunkForEachLine) {
    const Result result = play("stream", 1);
    EXPECT_EQ(result.text(), k_words);
    EXPECT_EQ(result.chunks().size(), 5U) << "four pieces and why it ended";
    EXPECT_EQ(Value(result.chunks().back())["choices"].at(0)["finish_reason"].string(), "stop");
    EXPECT_EQ(Value(result.of_kind(BW_EMIT_USAGE).at(0))["usage"].raw(),
              R"({"prompt_tokens":1021,"completion_tokens":17,"total_tokens":1038})");
}

TEST_F(Ollama, GivesThoughtsAndLengths) {
    const std::string reply = play("thinking").reply();
    const Value message = Value(reply)["choices"].at(0)["message"];
    EXPECT_EQ(message["reasoning_content"].string(), "First this, then that.");
    EXPECT_EQ(message["content"].string(), k_words);
    std::string thoughts;
    for (const std::string& chunk : play("thinking_stream").chunks()) {
        thoughts += Value(chunk)["choices"].at(0)["delta"]["reasoning_content"].string();
    }
    EXPECT_EQ(thoughts, "First this, then that.");
    EXPECT_EQ(Value(play("length").reply())["choices"].at(0)["finish_reason"].string(), "length");
}

TEST_F(Ollama, GivesToolCalls) {
    const std::string reply = play("parallel").reply();
    const Value choice = Value(reply)["choices"].at(0);
    EXPECT_EQ(choice["finish_reason"].string(), "tool_calls");
    EXPECT_EQ(choice["message"]["tool_calls"].at(0)["id"].string(), "toolu_01weather");
    const std::string arguments =
        choice["message"]["tool_calls"].at(1)["function"]["arguments"].string();
    EXPECT_EQ(Value(arguments)["zone"].string(), "Asia/Bangkok");
    Names names;
    for (const std::string& chunk : play("parallel_stream").chunks()) {
        const Value call = Value(chunk)["choices"].at(0)["delta"]["tool_calls"].at(0);
        if (call["id"]) names.push_back(call["index"].string() + call["function"]["name"].string());
    }
    EXPECT_EQ(names, (Names{"get_weather", "get_time"}));
    EXPECT_EQ(play("said_and_tool_stream").text(), "I shall look.");
}

TEST_F(Ollama, MakesIdsForCallsThatHaveNone) {
    const Result result =
        call(complete("m"),
             {200,
              {},
              R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{}}},)"
              R"({"function":{"name":"f","arguments":5}}]},"done":true})"});
    ASSERT_TRUE(result.ok());
    const std::string reply = result.reply();
    const Value calls = Value(reply)["choices"].at(0)["message"]["tool_calls"];
    EXPECT_EQ(calls.at(0)["id"].string().substr(0, 5), "call_");
    EXPECT_NE(calls.at(0)["id"].string(), calls.at(1)["id"].string());
    EXPECT_EQ(calls.at(1)["function"]["arguments"].string(), "{}");
}

TEST_F(Ollama, ACutStreamIsAnError) {
    const Recorded one = recorded("ollama", "stream");
    const auto last = one.response.body.rfind("\"done\":true");
    for (std::size_t length = 0; length < last; length += 13) {
        Response cut = one.response;
        cut.body.resize(length);
        EXPECT_EQ(call(streaming("m"), cut, 100).status(), BW_E_PROTOCOL) << length;
    }
    EXPECT_EQ(play("early_stream").status(), BW_E_PROTOCOL);
    const Result broken = play("broken_stream");
    EXPECT_EQ(broken.status(), BW_E_UPSTREAM);
    EXPECT_EQ(broken.error->message, "an error was encountered while running the model");
}

// ---- errors ----------------------------------------------------------------------------------

TEST_F(Ollama, KnowsItsErrors) {
    struct Row {
        std::uint32_t http_status;
        const char* words;
        bw_status status;
    };
    constexpr Row k_rows[] = {
        {400, "the input length exceeds the context length", BW_E_CONTEXT_LENGTH},
        {500, "the request exceeds the available context size", BW_E_CONTEXT_LENGTH},
        {400, "registry.ollama.ai/library/gemma:2b does not support tools", BW_E_UNSUPPORTED},
        {400, "\\\"llama3.2\\\" does not support thinking", BW_E_UNSUPPORTED},
        {400, "illegal base64 data at input byte 4", BW_E_INVALID},
        {401, "unauthorized", BW_E_AUTH},
        {403, "remote inference is unavailable", BW_E_AUTH},
        {404, "model 'x' not found", BW_E_NOT_FOUND},
        {429, "too many requests", BW_E_RATE},
        {500, "model runner has unexpectedly stopped", BW_E_UPSTREAM},
        {502, "upstream error", BW_E_UPSTREAM},
        {503, "server busy, please try again.  maximum pending requests exceeded", BW_E_UPSTREAM}};
    for (const Row& row : k_rows) {
        const std::string body = std::string(R"({"error":")") + row.words + "\"}";
        for (const Asked& asked : {complete("m"), streaming("m")}) {
            const Result result = call(asked, {row.http_status, {{"retry-after", "2.5"}}, body}, 7);
            ASSERT_FALSE(result.ok()) << row.words;
            EXPECT_EQ(result.error->status, row.status) << row.words;
            EXPECT_EQ(result.error->http_status, row.http_status);
            EXPECT_EQ(result.error->message, Value(body)["error"].string());
            EXPECT_EQ(result.error->raw, body);
            const bool waits = row.status == BW_E_RATE || row.status == BW_E_UPSTREAM;
            EXPECT_EQ(result.error->retry_after_ms, waits ? 2500 : 0) << row.words;
        }
    }
    const Result page = call(complete("m"), {404, {}, "404 page not found"});
    EXPECT_EQ(page.status(), BW_E_NOT_FOUND);
    EXPECT_NE(page.error->message.find("404 page not found"), std::string::npos);
    EXPECT_EQ(page.error->raw, "") << "it is no JSON";
}

// ---- hostile input ---------------------------------------------------------------------------

TEST_F(Ollama, SurvivesWhateverComes) {
    const std::string deep(100'000, '[');
    for (const std::string& body :
         {std::string(), std::string("{"), std::string("null"), deep, "{\"message\":" + deep,
          std::string(R"({"message":7,"done":"yes"})"),
          std::string(R"({"message":{"content":{},"tool_calls":{"a":[{}]}},"done":true})"),
          std::string(R"({"message":{"tool_calls":[7,null,{"function":[]}]},"done":true})"),
          std::string(R"({"message":{"content":"\ud800"},"done":true,"eval_count":1e99})"),
          std::string(R"({"message":{"content":"a"},"done":true,"eval_count":-5})"),
          std::string(R"({"error":{"a":[]}})"), std::string("\xFF\xFE\0", 3),
          std::string("{\"message\":{\"content\":\"\xE0\xB8\"}}\n{\"done\":true}\n"),
          std::string("{\"done\":true}\n{\"done\":true}\n{\"error\":\"late\"}")}) {
        for (const std::uint32_t status : {200u, 302u, 400u, 500u}) {
            call(complete("m"), {status, {}, body}, 7);
            call(streaming("m"), {status, {}, body}, 7);
            embed(R"("input":"a")", {status, {}, body});
            Instance(host, library_.table(), k_config).list_models({status, {}, body});
        }
    }
    for (
        const char* request :
        {"{}", "[]", R"({"messages":[{"role":"user","content":[7,null,{"type":5}]}]})",
         R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"["}}]}]})",
         R"({"messages":[{"role":"user","content":"a"}],"options":7,"stop":"","think":[]})"}) {
        Asked asked = complete("m");
        asked.body = request;
        call(asked, recorded("ollama", "plain").response);
    }
}

}  // namespace
