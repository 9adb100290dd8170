// DashScope's generation: what is asked, and what becomes of what is answered.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "dashscope_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

constexpr std::size_t k_cuts[] = {0, 1, 7};  // bytes at a time; 0: all at once
const std::string k_said = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";

// ---- what was recorded -----------------------------------------------------------------------

class DashScopeRecorded : public DashScopeTest {};

TEST_F(DashScopeRecorded, Answers) {
    for (const std::size_t cut : k_cuts) {
        for (const std::string name : {"plain", "stream", "cached", "cached_stream", "length"}) {
            const RecordedCall recorded = read_recorded(name);
            const Result result = call(recorded.asked(), recorded.response, cut);
            ASSERT_TRUE(result.ok()) << name << ": " << result.error->message;
            EXPECT_EQ(result.text(), k_said);
            EXPECT_EQ(result.usage->output_tokens, 17);
            EXPECT_EQ(result.usage->input_tokens, name.find("cached") == 0 ? 1300 : 1021);
            EXPECT_EQ(result.usage->cached_input_tokens, name.find("cached") == 0 ? 1024 : -1);
            EXPECT_EQ(finish_reason(result), name == "length" ? "length" : "stop");
        }
    }
}

TEST_F(DashScopeRecorded, HandsOnEveryEventAtOnce) {
    const RecordedCall recorded = read_recorded("stream");
    const Result result = call(recorded.asked(), recorded.response);
    EXPECT_EQ(result.chunks().size(), 5U);  // four words and the end
    const Value first(result.emitted.front().json);
    EXPECT_EQ(first["id"].string(), "chatcmpl-7574ee8f-0");
    EXPECT_EQ(first["choices"].at(0)["delta"]["role"].string(), "assistant");
    EXPECT_EQ(first["choices"].at(0)["delta"]["content"].string(), "สวัสดี");
    EXPECT_EQ(result.of_kind(BW_EMIT_USAGE).size(), 1U);
    const Headers expected = {{"x-dashscope-request-id", "7574ee8f-0"}};
    EXPECT_EQ(result.reply_headers, expected);
    const Headers attributes = {{"dashscope.request_id", "7574ee8f-0"}};
    EXPECT_EQ(result.attributes, attributes);
}

TEST_F(DashScopeRecorded, Thoughts) {
    for (const std::size_t cut : k_cuts) {
        for (const std::string name : {"thinking", "thinking_stream"}) {
            const RecordedCall recorded = read_recorded(name);
            const Result result =
                call(recorded.asked(R"(,"enable_thinking":true)"), recorded.response, cut);
            ASSERT_TRUE(result.ok()) << name;
            EXPECT_EQ(said(result, "reasoning_content"), "First this, then that.");
            EXPECT_EQ(result.text(), k_said);
            EXPECT_EQ(result.usage->output_tokens, 60);
            EXPECT_EQ(result.usage->reasoning_tokens, 43);
        }
    }
}

TEST_F(DashScopeRecorded, ToolCalls) {
    for (const std::size_t cut : k_cuts) {
        for (const std::string name : {"tool", "tool_stream", "parallel", "parallel_stream",
                                       "said_and_tool", "said_and_tool_stream"}) {
            const RecordedCall recorded = read_recorded(name);
            const Result result = call(recorded.asked(k_tools), recorded.response, cut);
            ASSERT_TRUE(result.ok()) << name;
            std::vector<ToolCall> expected = {
                {"toolu_01weather", "get_weather", "{\"city\":\"เชียงใหม่\",\"days\":3}"}};
            if (name.find("parallel") == 0) {
                expected.push_back({"toolu_02time", "get_time", "{\"zone\":\"Asia/Bangkok\"}"});
            }
            EXPECT_EQ(tool_calls(result), expected) << name;
            EXPECT_EQ(finish_reason(result), "tool_calls");
            EXPECT_EQ(result.text(), name.find("said") == 0 ? "I shall look." : "");
        }
    }
}

TEST_F(DashScopeRecorded, OfAPictureAndOfASchema) {
    const RecordedCall image = read_recorded("image");
    EXPECT_EQ(call(image.asked(), image.response, 7).text(), k_said);
    const RecordedCall schema = read_recorded("schema");
    EXPECT_EQ(call(schema.asked(), schema.response, 7).text(), "{\"city\": \"as asked\"}");
    const RecordedCall filtered = read_recorded("filtered");
    EXPECT_EQ(call(filtered.asked(), filtered.response).text(), "สวัสดี");
}

TEST_F(DashScopeRecorded, Requests) {
    const auto same = [&](const std::string& name, const std::string& content,
                          const std::string& members = "") {
        const RecordedCall recorded = read_recorded(name);
        Asked asked = recorded.asked(members);
        asked.body = R"({"model":"qwen-recorded","messages":[{"role":"user","content":)" + content +
                     "}]" + members + "}";
        const Result result = call(asked, recorded.response);
        EXPECT_EQ(result.sent.url, k_base_url + recorded.path);
        EXPECT_EQ(bw::json::valid(result.sent.body), true);
        const Value sent(result.sent.body);
        EXPECT_EQ(sent["model"].string(), "qwen-recorded");
        EXPECT_EQ(sent["input"].raw(), compact(recorded.request["input"])) << name;
        return std::string(sent["parameters"].raw());
    };
    const std::string hello = "\"Hello there\"";
    EXPECT_EQ(same("plain", hello), R"({"result_format":"message"})");
    EXPECT_EQ(same("stream", hello), R"({"result_format":"message","incremental_output":true})");
    EXPECT_EQ(same("tool", hello, k_tools),
              R"({"result_format":"message","tools":[{"type":"function","function":)"
              R"({"name":"get_weather","description":"Of a city.","parameters":)"
              R"({"type":"object","properties":{"city":{"type":"string"}}}}}],)"
              R"("parallel_tool_calls":true})");
    const std::string url =
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvk"
        "kAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==";
    same("image", R"([{"type":"image_url","image_url":{"url":")" + url +
                      R"("}},{"type":"text","text":"What is this?"}])");
}

// ---- how answers break -----------------------------------------------------------------------

TEST_F(DashScopeTest, AnErrorWithinAStream) {
    for (const std::size_t cut : k_cuts) {
        const RecordedCall broken = read_recorded("broken_stream");
        const Result result = call(broken.asked(), broken.response, cut);
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error->status, BW_E_UPSTREAM);
        EXPECT_EQ(result.error->code, "InternalError");
        EXPECT_EQ(result.error->http_status, 0U);
        EXPECT_EQ(result.chunks().size(), 4U);
        EXPECT_EQ(result.usage->output_tokens, 17);
    }
}

TEST_F(DashScopeTest, AStreamThatJustEnds) {
    const RecordedCall early = read_recorded("early_stream");
    const Result result = call(early.asked(), early.response);
    EXPECT_EQ(result.status(), BW_E_PROTOCOL);
    EXPECT_EQ(result.chunks().size(), 4U);
}

TEST_F(DashScopeTest, IsCutAtAnyByte) {
    for (const std::string name : {"stream", "parallel_stream", "plain", "parallel"}) {
        const RecordedCall recorded = read_recorded(name);
        const bool stream = recorded.asked().stream;
        const std::string& body = recorded.response.body;
        // The end of the last event's data, or of the object.
        const std::size_t whole = body.find_last_of('}') + 1;
        for (std::size_t length = 0; length < whole; length += stream ? 3 : 1) {
            const Response cut = {200, {}, body.substr(0, length)};
            const Result result = call(recorded.asked(), cut);
            ASSERT_EQ(result.status(), BW_E_PROTOCOL) << name << " at " << length;
            ASSERT_EQ(result.reply(), "");
        }
    }
}

TEST_F(DashScopeTest, MakesOneReplyOfAStream) {
    const RecordedCall stream = read_recorded("thinking_stream");
    Asked asked = complete("qwen-recorded");
    asked.body.insert(asked.body.size() - 1, R"(,"enable_thinking":true)");
    const Result result = call(asked, stream.response);
    EXPECT_EQ(result.sent.header("x-dashscope-sse"), "enable");
    EXPECT_EQ(Value(result.sent.body)["parameters"]["incremental_output"].raw(), "true");
    EXPECT_EQ(result.text(), k_said);
    EXPECT_EQ(said(result, "reasoning_content"), "First this, then that.");
    EXPECT_EQ(result.chunks().size(), 0U);
}

TEST_F(DashScopeTest, SeveralChoicesAndTheOlderForm) {
    const Result several = call(complete(), {200, {}, R"({"output":{"choices":[
        {"finish_reason":"stop","index":1,"message":{"content":"b"}},
        {"finish_reason":"length","index":0,"message":{"content":"a"}}]},"code":"",
        "usage":{"input_tokens":5,"output_tokens":7,"image_tokens":3,"prompt_tokens_details":
        {"cached_tokens":1},"plugins":{"search":{"count":2}}},"request_id":"r"})"});
    const std::string reply = several.reply();
    const Value choices = Value(reply)["choices"];
    EXPECT_EQ(choices.at(0)["message"]["content"].string(), "a");
    EXPECT_EQ(choices.at(1)["message"]["content"].string(), "b");
    EXPECT_EQ(several.usage->image_input_tokens, 3);
    EXPECT_EQ(several.usage->cached_input_tokens, 1);
    const decltype(several.units) searches = {{"web_search", 2}};
    EXPECT_EQ(several.units, searches);
    const Result older = call(
        complete(), {200, {}, R"({"output":{"text":"old","finish_reason":"stop"},"usage":{}})"});
    EXPECT_EQ(older.text(), "old");
}

TEST_F(DashScopeTest, HostileAnswers) {
    std::string deep(5'000, '[');
    const std::string odd[] = {
        "",
        "null",
        "[]",
        "{",
        "\xFF\xFE",
        deep,
        R"({"output":)" + deep,
        R"({"output":[]})",
        R"({"output":{"choices":{}}})",
        R"({"output":{"choices":[1,null,[]]}})",
        R"({"output":{"choices":[{"message":[],"finish_reason":{}}]}})",
        R"({"output":{"choices":[{"index":-1,"message":{"content":"a"},"finish_reason":"stop"}]}})",
        R"({"output":{"choices":[{"message":{"tool_calls":[{"index":9,"function":{}}]}}]}})",
        R"({"output":{"choices":[{"message":{"tool_calls":[7]}}]}})",
        R"({"usage":{"input_tokens":-5,"output_tokens":1e400,"image_tokens":"x"}})"};
    for (const std::string& body : odd) {
        for (const Asked& asked : {complete(), streaming()}) {
            EXPECT_EQ(call(asked, {200, {}, body}).status(), BW_E_PROTOCOL) << body.substr(0, 80);
            EXPECT_EQ(call(asked, {200, {}, "data:" + body + "\n\n"}).status(), BW_E_PROTOCOL);
            EXPECT_EQ(call(asked, {500, {}, body}).status(), BW_E_UPSTREAM);
        }
    }
    const Result many =
        call(complete(), {200, {}, R"({"output":{"choices":[{"index":9223372036854775807,
        "message":{"tool_calls":[{"index":-9223372036854775808,"function":{"name":"f"}}]},
        "finish_reason":"stop"}]}})"});
    EXPECT_TRUE(many.ok());
    EXPECT_EQ(tool_calls(many).at(0).arguments, "{}");
}

// ---- errors ----------------------------------------------------------------------------------

TEST_F(DashScopeTest, RecordedErrors) {
    const std::map<std::string, bw_status> expected = {{"error_access", BW_E_AUTH},
                                                       {"error_context", BW_E_CONTEXT_LENGTH},
                                                       {"error_internal", BW_E_UPSTREAM},
                                                       {"error_key", BW_E_AUTH},
                                                       {"error_moderated", BW_E_CONTENT_FILTER},
                                                       {"error_overloaded", BW_E_UPSTREAM},
                                                       {"error_rate", BW_E_RATE},
                                                       {"error_tokens", BW_E_RATE}};
    for (const auto& [name, status] : expected) {
        const RecordedCall recorded = read_recorded(name);
        for (const bool stream : {false, true}) {
            Asked asked = recorded.asked();
            asked.stream = stream;
            const Result result = call(asked, recorded.response);
            ASSERT_FALSE(result.ok());
            EXPECT_EQ(result.error->status, status) << name;
            EXPECT_EQ(result.error->http_status, recorded.response.status);
            EXPECT_EQ(result.error->code, Value(recorded.response.body)["code"].string());
            EXPECT_EQ(result.error->raw, recorded.response.body);
            EXPECT_EQ(result.attributes.size(), 1U);
        }
    }
}

TEST_F(DashScopeTest, ErrorsByTheirCodes) {
    const std::tuple<std::uint32_t, std::string, std::string, bw_status> table[] = {
        {400, "Arrearage", "Access denied", BW_E_QUOTA},
        {403, "AllocationQuota.FreeTierOnly", "m", BW_E_QUOTA},
        {429, "Throttling.AllocationQuota", "Free allocated quota exceeded.", BW_E_QUOTA},
        {429, "PostpaidBillOverdue", "m", BW_E_QUOTA},
        {429, "Throttling", "m", BW_E_RATE},
        {429, "Throttling.BurstRate", "m", BW_E_RATE},
        {429, "Throttling.NewOne", "m", BW_E_RATE},
        {400, "data_inspection_failed", "m", BW_E_CONTENT_FILTER},
        {400, "InvalidParameter", "<400> InternalError.Algo.DataInspectionFailed: m",
         BW_E_CONTENT_FILTER},
        {404, "ModelNotFound", "m", BW_E_NOT_FOUND},
        {403, "AccessDenied.Unpurchased", "m", BW_E_AUTH},
        {403, "Model.AccessDenied", "m", BW_E_AUTH},
        {403, "AccessDenied", "current user api does not support synchronous calls.",
         BW_E_UNSUPPORTED},
        {400, "InvalidParameter", "url error, please check url!", BW_E_UNSUPPORTED},
        {400, "InvalidParameter", "m", BW_E_INVALID},
        {400, "InvalidParameter.Another", "m", BW_E_INVALID},
        {500, "InternalError", "InternalError.Algo.InvalidParameter: m", BW_E_INVALID},
        {400, "InvalidParameter", "Range of input length should be [1, 1]", BW_E_CONTEXT_LENGTH},
        {500, "RequestTimeOut", "m", BW_E_UPSTREAM},
        {500, "InternalError.Timeout", "m", BW_E_UPSTREAM},
        {503, "ModelUnavailable", "m", BW_E_UPSTREAM}};
    for (const auto& [status, code, message, expected] : table) {
        const std::string body = R"({"code":")" + code + R"(","message":")" + message + "\"}";
        EXPECT_EQ(call(complete(), {status, {}, body}).status(), expected) << code;
        // The same without its status: in a reply that went well, and in a stream.
        EXPECT_EQ(call(complete(), {200, {}, body}).status(), expected) << code;
        const std::string event = "event:error\ndata:" + body + "\n\n";
        EXPECT_EQ(call(streaming(), {200, {}, event}).status(), expected) << code;
    }
    const Result compatible = call(
        complete(), {401, {}, R"({"error":{"code":"invalid_api_key","message":"no","type":"t"}})"});
    EXPECT_EQ(compatible.error->status, BW_E_AUTH);
    EXPECT_EQ(compatible.error->type, "t");
    const Result waits =
        call(complete(), {429, {{"retry-after", "7"}}, R"({"code":"Throttling"})"});
    EXPECT_EQ(waits.error->retry_after_ms, 7'000);
    const Result named = call(complete(), {200, {}, R"({"status_code":503,"code":"New"})"});
    EXPECT_EQ(named.error->http_status, 503U);
}

// ---- what is asked ---------------------------------------------------------------------------

TEST_F(DashScopeTest, ParametersAreDashScopesOwn) {
    EXPECT_EQ(parameters(R"(,"temperature":0.5,"top_p":0.9,"stop":["a"],"seed":7,"n":2,)"
                         R"("max_completion_tokens":9,"enable_search":true,"top_k":null,)"
                         R"("search_options":{"forced_search":true},"user":"u","store":true,)"
                         R"("metadata":{},"frequency_penalty":0,"logprobs":false)"),
              R"({"result_format":"message","max_tokens":9,"temperature":0.5,"top_p":0.9,)"
              R"("stop":["a"],"seed":7,"n":2,"enable_search":true,)"
              R"("search_options":{"forced_search":true}})");
    EXPECT_EQ(parameters(R"(,"web_search_options":{})"),
              R"({"result_format":"message","enable_search":true})");
    EXPECT_EQ(parameters(R"(,"response_format":{"type":"text"})"),
              R"({"result_format":"message"})");
    EXPECT_EQ(parameters(R"(,"response_format":{"type":"json_object"})"),
              R"({"result_format":"message","response_format":{"type":"json_object"}})");
    EXPECT_EQ(parameters(k_tools + R"(,"parallel_tool_calls":false,"tool_choice":)"
                                   R"({"type":"function","function":{"name":"get_weather"}})"),
              R"({"result_format":"message","tools":[{"type":"function","function":)"
              R"({"name":"get_weather","description":"Of a city.","parameters":)"
              R"({"type":"object","properties":{"city":{"type":"string"}}}}}],)"
              R"("parallel_tool_calls":false,)"
              R"("tool_choice":{"type":"function","function":{"name":"get_weather"}}})");
}

TEST_F(DashScopeTest, EffortBecomesABudget) {
    const std::string begin = R"({"result_format":"message",)";
    const std::string streams = begin + R"("incremental_output":true,)";
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"low")"),
              streams + R"("enable_thinking":true,"thinking_budget":2048})");
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"high")"), streams + R"("enable_thinking":true})");
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"none")"), begin + R"("enable_thinking":false})");
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"low","enable_thinking":false)"),
              begin + R"("enable_thinking":false})");
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"low","thinking_budget":9)"),
              streams + R"("thinking_budget":9,"enable_thinking":true})");
    EXPECT_EQ(parameters(R"(,"reasoning_effort":"low")", "qwen3.8-max"),
              streams + R"("reasoning_effort":"low"})");
}

TEST_F(DashScopeTest, RefusesWhatCannotBeServed) {
    const std::pair<std::string, std::string> refused[] = {
        {R"(,"logprobs":true)", "logprobs"},
        {R"(,"logit_bias":{"1":2})", "logit_bias"},
        {R"(,"frequency_penalty":0.5)", "frequency_penalty"},
        {R"(,"modalities":["text","audio"])", "modalities"},
        {R"(,"parameters":{"a":1})", "parameters"},
        {k_tools + R"(,"tool_choice":"required")", "tool_choice"},
        {R"(,"tools":[{"type":"custom","custom":{"name":"c"}}])", "tools[0]"}};
    for (const auto& [members, param] : refused) {
        const Result result = call(asking(members));
        ASSERT_FALSE(result.ok()) << members;
        EXPECT_EQ(result.error->status, BW_E_UNSUPPORTED);
        EXPECT_EQ(result.error->param, param);
    }
    Asked file = complete();
    file.body =
        R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]})";
    EXPECT_EQ(call(file).error->param, "messages[0].content[0].file");
    Asked wrong = complete();
    wrong.body = R"({"messages":[]})";
    EXPECT_EQ(call(wrong).error->status, BW_E_INVALID);
    wrong.body = R"({"messages":[)";
    EXPECT_EQ(call(wrong).error->status, BW_E_INVALID);
}

TEST_F(DashScopeTest, MessagesOfTextAlone) {
    EXPECT_EQ(messages(R"({"role":"developer","content":"be"},
        {"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"b"}]},
        {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1",
         "type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"r"},
        {"role":"assistant","content":"so","partial":true})"),
              R"([{"role":"system","content":"be"},{"role":"user","content":"a\n\nb"},)"
              R"({"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function",)"
              R"("function":{"name":"f","arguments":"{}"}}],"reasoning_content":"hm"},)"
              R"({"role":"tool","tool_call_id":"c1","content":"r"},)"
              R"({"role":"assistant","content":"so","partial":true}])");
    EXPECT_EQ(messages(R"({"role":"user","content":[{"type":"text","text":"a",
                        "cache_control":{"type":"ephemeral"}}]})"),
              R"([{"role":"user","content":[{"text":"a","cache_control":{"type":"ephemeral"}}]}])");
}

TEST_F(DashScopeTest, MessagesOfParts) {
    EXPECT_EQ(messages(R"({"role":"system","content":"s"},{"role":"user","content":[
        {"type":"image_url","image_url":{"url":"https://x/a.png","detail":"high"},"max_pixels":9},
        {"type":"input_audio","input_audio":{"data":"QUJD","format":"mp3"}},
        {"type":"input_audio","input_audio":{"data":"https://x/a.mp3","format":"mp3"}},
        {"type":"video_url","video_url":{"url":"https://x/a.mp4"},"fps":2},
        {"type":"video","video":["https://x/1.png","https://x/2.png"]}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":
        {"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"})"),
              R"([{"role":"system","content":[{"text":"s"}]},{"role":"user","content":[)"
              R"({"image":"https://x/a.png","max_pixels":9},)"
              R"({"audio":"data:audio/mpeg;base64,QUJD"},{"audio":"https://x/a.mp3"},)"
              R"({"video":"https://x/a.mp4","fps":2},)"
              R"({"video":["https://x/1.png","https://x/2.png"]}]},)"
              R"({"role":"assistant","content":[{"text":""}],"tool_calls":[{"id":"c",)"
              R"("type":"function","function":{"name":"f","arguments":"{}"}}]},)"
              R"({"role":"tool","tool_call_id":"c","content":[{"text":"r"}]}])");
}

TEST_F(DashScopeTest, MultimodalModelsHaveAPlaceOfTheirOwn) {
    const auto path = [&](const std::string& model) {
        return call(asking("", model)).sent.url.substr(k_base_url.size());
    };
    const std::string text = "/services/aigc/text-generation/generation";
    const std::string seen = "/services/aigc/multimodal-generation/generation";
    for (const char* model : {"qwen-plus", "qwen3-max", "qwen3-32b"}) EXPECT_EQ(path(model), text);
    for (const char* model : {"qwen3-vl-plus", "qwen-VL-max", "qvq-max", "qwen3.5-plus"}) {
        EXPECT_EQ(path(model), seen);
    }
    EXPECT_EQ(call(asking("", "qwen3-32b")).sent.header("x-dashscope-sse"), "enable");
    EXPECT_EQ(call(asking("", "qwen3-omni-flash")).sent.header("x-dashscope-sse"), "enable");
    EXPECT_EQ(call(asking("", "qwen-plus")).sent.header("x-dashscope-sse"), "");
}

}  // namespace
