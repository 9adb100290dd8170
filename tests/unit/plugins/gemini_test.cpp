// What the Gemini API answers, as it was recorded, and as it may come at its worst.
#include "plugins/gemini_fixture.hpp"

#include <gmock/gmock.h>

#include <cstddef>
#include <string>
#include <vector>

namespace bw::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* k_words = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";

// The reply's message, or what the deltas of a stream add up to.
struct Told {
    std::string content;
    std::string reasoning;
    std::string finish;
    std::vector<std::string> names;
    std::vector<std::string> arguments;
    std::vector<std::string> ids;
};

void add_calls(Told& told, const json::Value& calls, bool stream) {
    for (const json::Value& call : calls.elements()) {
        const auto index = stream ? static_cast<std::size_t>(call["index"].integer().value_or(0))
                                  : told.names.size();
        if (index >= told.names.size()) {
            told.names.resize(index + 1);
            told.arguments.resize(index + 1);
            told.ids.resize(index + 1);
        }
        told.names[index] += call["function"]["name"].string();
        told.arguments[index] += call["function"]["arguments"].string();
        told.ids[index] += call["id"].string();
    }
}

Told told(const Result& result) {
    Told out;
    for (const Emitted& piece : result.emitted) {
        const json::Value choice = json::Value(piece.json)["choices"].at(0);
        const bool stream = piece.kind != BW_EMIT_REPLY;
        const json::Value said = choice[stream ? "delta" : "message"];
        out.content += said["content"].string();
        out.reasoning += said["reasoning_content"].string();
        out.finish += choice["finish_reason"].string();
        add_calls(out, said["tool_calls"], stream);
    }
    return out;
}

struct Recorded {
    const char* name;
    const char* content;
    const char* finish;
    std::size_t calls;
};

class GeminiAnswers : public GeminiTest {
  protected:
    void expect(const Recorded& each, bool stream, std::size_t cut) {
        SCOPED_TRACE(std::string(each.name) + " cut at " + std::to_string(cut));
        const Result got = call(stream ? streaming() : complete(),
                                recorded(each.name + std::string(stream ? "_stream" : "")), cut);
        ASSERT_TRUE(got.ok()) << got.error->message;
        const Told all = told(got);
        EXPECT_EQ(all.content, each.content);
        EXPECT_EQ(all.finish, each.finish);
        ASSERT_EQ(all.names.size(), each.calls);
        if (each.calls == 0) return;
        EXPECT_EQ(all.names[0], "get_weather");
        EXPECT_EQ(json::Value(all.arguments[0])["city"].string(), "เชียงใหม่");
        EXPECT_THAT(all.ids[0], HasSubstr("call_"));
    }
};

TEST_F(GeminiAnswers, AllThatWasRecordedIsUnderstood) {
    const Recorded k_both[] = {{"cached", k_words, "stop", 0},
                               {"tool", "", "tool_calls", 1},
                               {"parallel", "", "tool_calls", 2},
                               {"said_and_tool", "I shall look.", "tool_calls", 1},
                               {"thinking", k_words, "stop", 0}};
    for (const Recorded& each : k_both) {
        expect(each, false, 0);
        for (const std::size_t cut : {0U, 1U, 7U}) expect(each, true, cut);
    }
    const Recorded k_whole[] = {{"plain", k_words, "stop", 0},
                                {"image", k_words, "stop", 0},
                                {"length", k_words, "length", 0},
                                {"schema", R"({"city": "as asked"})", "stop", 0},
                                {"filtered", "สวัสดี", "content_filter", 0}};
    for (const Recorded& each : k_whole) expect(each, false, 7);
    const Result stream = call(streaming(), recorded("stream"), 1);
    EXPECT_EQ(told(stream).content, k_words);
}

TEST_F(GeminiAnswers, EachPieceOfAStreamIsHandedOnAtOnce) {
    const Result got = call(streaming(), recorded("stream"));
    ASSERT_TRUE(got.ok());
    const auto chunks = got.chunks();
    ASSERT_EQ(chunks.size(), 5U);  // four words and the end
    EXPECT_EQ(json::Value(chunks[0])["choices"].at(0)["delta"]["content"].string(), "สวัสดี");
    EXPECT_EQ(json::Value(chunks[0])["id"].string(), "resp0");
    EXPECT_EQ(json::Value(chunks[0])["model"].string(), "gemini-recorded");
    EXPECT_EQ(got.of_kind(BW_EMIT_USAGE).size(), 1U);
    EXPECT_EQ(got.sent.frame, BW_FRAME_LINE);
}

TEST_F(GeminiAnswers, ThoughtsAreReasoning) {
    for (const bool stream : {false, true}) {
        const Result got = call(stream ? streaming() : complete(),
                                recorded(stream ? "thinking_stream" : "thinking"));
        EXPECT_EQ(told(got).reasoning, "First this, then that.");
        ASSERT_TRUE(got.usage);
        EXPECT_EQ(got.usage->output_tokens, 60);
        EXPECT_EQ(got.usage->reasoning_tokens, 43);
        EXPECT_EQ(got.usage->input_tokens, 1021);
    }
}

TEST_F(GeminiAnswers, UsageIsComplete) {
    EXPECT_EQ(call(complete(), recorded("cached")).usage->cached_input_tokens, 1024);
    const Result got = call(complete(), {200, {}, R"({"candidates":[{"content":{"parts":
        [{"text":"x"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a","b"]}}],
        "usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":5,
        "candidatesTokenCount":7,"thoughtsTokenCount":3,"cachedContentTokenCount":4,
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":1},
        {"modality":"AUDIO","tokenCount":6},{"modality":"IMAGE","tokenCount":3}],
        "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":2}],
        "serviceTier":"standard"}})"});
    ASSERT_TRUE(got.ok()) << got.error->message;
    Used all;
    all.input_tokens = 15;
    all.output_tokens = 10;
    all.cached_input_tokens = 4;
    all.reasoning_tokens = 3;
    all.audio_input_tokens = 6;
    all.image_input_tokens = 3;
    all.image_output_tokens = 2;
    EXPECT_EQ(*got.usage, all);
    EXPECT_EQ(got.service_tier, "default");
    ASSERT_EQ(got.units.size(), 1U);
    EXPECT_EQ(got.units[0], std::pair(std::string("web_search"), std::int64_t{2}));
}

TEST_F(GeminiAnswers, AStreamThatEndsEarlyIsCut) {
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const Result got = call(streaming(), recorded("early_stream"), cut);
        EXPECT_EQ(got.status(), BW_E_PROTOCOL);
        EXPECT_EQ(got.text(), k_words);
    }
}

TEST_F(GeminiAnswers, AnErrorInTheMiddleOfAStreamIsToldByItsOwnStatus) {
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const Result got = call(streaming(), recorded("broken_stream"), cut);
        ASSERT_EQ(got.status(), BW_E_UPSTREAM);
        EXPECT_EQ(got.error->http_status, 503U);
        EXPECT_EQ(got.error->code, "UNAVAILABLE");
        EXPECT_EQ(got.text(), k_words);
    }
    const Result as_event = call(streaming(), events("data: {\"error\":{\"code\":429,\"status\":"
                                                     "\"RESOURCE_EXHAUSTED\"}}\r\n\r\n"));
    EXPECT_EQ(as_event.status(), BW_E_RATE);
}

TEST_F(GeminiAnswers, AStreamMayBeOneArray) {
    std::string array = "[";
    const std::string lines = recorded("stream").body;
    for (std::size_t at = 0; (at = lines.find("data: ", at)) != std::string::npos; ++at) {
        if (array.size() > 1) array += ",\r\n";
        array += lines.substr(at + 6, lines.find("\r\n", at) - at - 6);
    }
    const Response response = {
        200, {{"content-type", "application/json; charset=UTF-8"}}, array + "]"};
    const Result got = call(streaming(), response, 7);
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_EQ(got.text(), k_words);
    // The same without a type that says so.
    EXPECT_EQ(call(streaming(), events(array + "]")).text(), k_words);
}

TEST_F(GeminiAnswers, WhatIsFilteredIsToldAsThat) {
    for (const char* reason : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                               "IMAGE_SAFETY", "MODEL_ARMOR"}) {
        EXPECT_EQ(told(call(complete(), said("[]", reason))).finish, "content_filter") << reason;
    }
    const Result blocked =
        call(streaming(), events("data: {\"promptFeedback\":{\"blockReason\":"
                                 "\"PROHIBITED_CONTENT\"},\"usageMetadata\":"
                                 "{\"promptTokenCount\":8,\"totalTokenCount\":8}}\r\n\r\n"));
    EXPECT_EQ(blocked.status(), BW_E_CONTENT_FILTER);
    EXPECT_EQ(blocked.error->code, "PROHIBITED_CONTENT");
    ASSERT_TRUE(blocked.usage);
    EXPECT_EQ(blocked.usage->input_tokens, 8);
}

TEST_F(GeminiAnswers, AModelThatGivesUpHasFailed) {
    for (const char* reason : {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER"}) {
        const Result got = call(complete(), said("[]", reason));
        EXPECT_EQ(got.status(), BW_E_UPSTREAM) << reason;
        EXPECT_EQ(got.error->code, reason);
    }
    EXPECT_EQ(told(call(complete(), said(R"([{"text":"x"}])", "OTHER"))).finish, "stop");
}

TEST_F(GeminiAnswers, AReasonInEachPieceEndsNothing) {
    const std::string piece =
        R"(data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})";
    const Result got = call(streaming(), events(piece + "\r\n\r\n" + piece + "\r\n\r\n"));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got.text(), "aa");
}

TEST_F(GeminiAnswers, CandidatesAreChoices) {
    const Result got = call(complete(), {200, {}, R"({"candidates":[
        {"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},
        {"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]})"});
    EXPECT_EQ(json::Value(got.reply())["choices"].at(1)["message"]["content"].string(), "b");
    EXPECT_EQ(json::Value(got.reply())["choices"].at(1)["finish_reason"].string(), "length");
}

TEST_F(GeminiAnswers, PartsOfOtherKindsAreShown) {
    const Result got = call(complete(), said(R"json([{"executableCode":{"language":"PYTHON",
        "code":"print(1)"
}
},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}},
        {"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"videoMetadata":{}}])json"));
    EXPECT_EQ(got.text(),
              "```python\nprint(1)\n```\n```\n1\n```\n![image](data:image/png;base64,AAAA)");
}

struct ErrorCase {
    const char* name;
    bw_status status;
    std::uint32_t http_status;
    const char* code;
    const char* type;
    std::int64_t retry_after_ms;
};

TEST_F(GeminiAnswers, RecordedErrorsAreTold) {
    const ErrorCase k_cases[] = {
        {"error_context", BW_E_CONTEXT_LENGTH, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", 0},
        {"error_internal", BW_E_UPSTREAM, 500, "INTERNAL", "INTERNAL", 0},
        {"error_key", BW_E_AUTH, 400, "API_KEY_INVALID", "INVALID_ARGUMENT", 0},
        {"error_overloaded", BW_E_UPSTREAM, 503, "UNAVAILABLE", "UNAVAILABLE", 0},
        {"error_per_day", BW_E_QUOTA, 429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", 0},
        {"error_permission", BW_E_AUTH, 403, "SERVICE_DISABLED", "PERMISSION_DENIED", 0},
        {"error_rate", BW_E_RATE, 429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", 7000}};
    for (const ErrorCase& each : k_cases) {
        SCOPED_TRACE(each.name);
        const Response response = recorded(each.name);
        const Response in_array = {response.status, response.headers, "[" + response.body + "]"};
        for (const Response& form : {response, in_array}) {
            const Result got = call(form.body.front() == '[' ? streaming() : complete(), form);
            ASSERT_TRUE(got.error);
            EXPECT_EQ(got.error->status, each.status);
            EXPECT_EQ(got.error->http_status, each.http_status);
            EXPECT_EQ(got.error->code, each.code);
            EXPECT_EQ(got.error->type, each.type);
            EXPECT_EQ(got.error->retry_after_ms, each.retry_after_ms);
            EXPECT_EQ(got.error->raw, form.body);
        }
    }
}

TEST_F(GeminiAnswers, OtherErrorsAreToldByTheirWords) {
    struct Case {
        std::uint32_t http_status;
        const char* type;
        const char* message;
        bw_status status;
    };
    const Case k_cases[] = {
        {400, "INVALID_ARGUMENT", "Unknown name \"x\"", BW_E_INVALID},
        {400, "FAILED_PRECONDITION", "User location is not supported for the API use.", BW_E_AUTH},
        {400, "FAILED_PRECONDITION", "Not available in your country. Please enable billing.",
         BW_E_QUOTA},
        {401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", BW_E_AUTH},
        {403, "PERMISSION_DENIED",
         "You do not have permission to access the File or it may not "
         "exist.",
         BW_E_INVALID},
        {404, "NOT_FOUND", "models/x is not found", BW_E_NOT_FOUND},
        {429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", BW_E_RATE},
        {499, "CANCELLED", "The operation was cancelled.", BW_E_UPSTREAM},
        {501, "UNIMPLEMENTED", "Operation is not implemented", BW_E_UNSUPPORTED},
        {504, "DEADLINE_EXCEEDED", "The request timed out.", BW_E_UPSTREAM}};
    for (const Case& each : k_cases) {
        const std::string body = R"({"error":{"code":)" + std::to_string(each.http_status) +
                                 R"(,"status":")" + each.type + R"(","message":)" +
                                 json::quote(each.message) + "}}";
        EXPECT_EQ(call(complete(), {each.http_status, {}, body}).status(), each.status)
            << each.message;
    }
    const Result page = call(complete(), {502, {{"retry-after", "3"}}, "<html>no</html>"});
    EXPECT_EQ(page.status(), BW_E_UPSTREAM);
    EXPECT_EQ(page.error->retry_after_ms, 3000);
    EXPECT_THAT(page.error->message, HasSubstr("502"));
}

TEST_F(GeminiAnswers, NothingThatComesIsTooOdd) {
    const std::string nested = std::string(500, '[') + std::string(500, ']');
    const std::string k_odd[] = {
        "",
        "null",
        "[]",
        "{}",
        "[[[]]]",
        "7",
        "\"x\"",
        "{\"candidates\":7}",
        nested,
        "{\"candidates\":[null,7,\"x\",[],{}]}",
        R"({"candidates":[{"index":-1,"finishReason":"STOP"}]})",
        R"({"candidates":[{"content":{"parts":[{"functionCall":7},{"functionCall":{}}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":[1]}}]}}]})",
        R"({"candidates":[{"content":{"parts":{"text":1}},"finishReason":{}}]})",
        R"({"usageMetadata":{"promptTokenCount":-5,"candidatesTokenCount":9223372036854775807,
            "thoughtsTokenCount":9223372036854775807}})",
        R"({"promptFeedback":{"blockReason":[]}})",
        R"({"error":7})",
        R"([{"error":[]}])",
        R"({"error":{"code":"x","details":{"violations":7}}})",
        "{\"candidates\":[{\"content\""};
    for (const std::string& body : k_odd) {
        EXPECT_FALSE(call(complete(), {200, {}, body}).ok()) << body;
        EXPECT_FALSE(call(streaming(), events("data: " + body + "\n\n")).ok()) << body;
        EXPECT_FALSE(call(streaming(), events(body)).ok()) << body;
        EXPECT_FALSE(call(complete(), {500, {}, body}).ok()) << body;
    }
    const Result huge = call(complete(), {200, {}, R"({"candidates":[{"index":4611686018427387904,
        "finishReason":"STOP","content":{"parts":[{"text":"x"}]}}]})"});
    EXPECT_TRUE(huge.ok());
    const Result larger = call(complete(), {200, {}, R"({"candidates":[
        {"index":99999999999999999999,"finishReason":"STOP"}]})"});
    EXPECT_TRUE(larger.ok()) << "its place counts";
}

TEST_F(GeminiAnswers, AnAnswerThatIsCutAnywhereIsNoAnswer) {
    const std::string whole = recorded("parallel").body;
    for (std::size_t length = 0; length + 1 < whole.size(); length += 3) {
        const Result got = call(complete(), {200, {}, whole.substr(0, length)});
        EXPECT_EQ(got.status(), BW_E_PROTOCOL) << length;
    }
    const std::string stream = recorded("tool_stream").body;
    for (std::size_t length = 0; length < stream.rfind('}'); ++length) {
        const Result got = call(streaming(), events(stream.substr(0, length)));
        EXPECT_EQ(got.status(), BW_E_PROTOCOL) << length;
    }
}

}  // namespace
}  // namespace bw::testing
