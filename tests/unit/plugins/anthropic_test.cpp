// The anthropic plugin against what Anthropic answers, as recorded, at every cut.
#include "plugins/anthropic_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bw::testing::anthropic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* k_words = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";
constexpr const char* k_signature = "YSBzaWduYXR1cmUgdGhhdCBvbmx5IGl0cyBtYWtlciBjYW4gcmVhZA==";

json::Value first_choice(const std::string& reply) { return json::Value(reply)["choices"].at(0); }

std::string finish_of(const Result& result) {
    if (!result.reply().empty()) return first_choice(result.reply())["finish_reason"].string();
    return first_choice(result.chunks().back())["finish_reason"].string();
}

// What the deltas of a stream say of one member, put together.
std::string joined(const Result& result, std::string_view member) {
    std::string out;
    for (const std::string& chunk : result.chunks()) {
        out += first_choice(chunk)["delta"][member].string();
    }
    return out;
}

// The arguments of each tool call of a stream.
std::vector<std::string> arguments(const Result& result) {
    std::vector<std::string> out;
    for (const std::string& chunk : result.chunks()) {
        for (const json::Value& call : first_choice(chunk)["delta"]["tool_calls"].elements()) {
            const auto index = static_cast<std::size_t>(call["index"].integer().value_or(0));
            if (out.size() <= index) out.resize(index + 1);
            out[index] += call["function"]["arguments"].string();
        }
    }
    return out;
}

TEST_F(Anthropic, SendsWhatTheApiWants) {
    Asked asked = complete("claude-x");
    asked.headers = {{"anthropic-beta", "files-api-2025-04-14"}};
    const Result result = call(asked, recorded("plain"));
    EXPECT_EQ(result.sent.method + " " + result.sent.url,
              "POST https://api.anthropic.com/v1/messages");
    EXPECT_EQ(result.sent.header("anthropic-version"), "2023-06-01");
    EXPECT_EQ(result.sent.header("anthropic-beta"), "files-api-2025-04-14");
    EXPECT_THAT(result.sent.auth, ElementsAre("api_key"));
    EXPECT_EQ(result.sent.body,
              R"({"model":"claude-x","max_tokens":32000,"messages":[{"role":"user","content":)"
              R"([{"type":"text","text":"hi"}]}]})");
    EXPECT_EQ(call(complete(), recorded("plain")).sent.header("anthropic-beta"), "");
}

TEST_F(Anthropic, PrefersATokenToAKeyAndWantsOneOfThem) {
    host.secrets = {"api_key", "auth_token"};
    EXPECT_THAT(call(complete(), recorded("plain")).sent.auth, ElementsAre("auth_token"));
    host.secrets = {};
    const Instance instance(host, library_.table(), config_);
    ASSERT_TRUE(instance.error());
    EXPECT_EQ(instance.error()->status, BW_E_AUTH);
    EXPECT_THAT(instance.error()->message, HasSubstr("ANTHROPIC_API_KEY"));
}

TEST_F(Anthropic, AnswersWhole) {
    const Result result = call(complete(), recorded("plain"));
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_EQ(result.text(), k_words);
    EXPECT_EQ(json::Value(result.reply())["id"].string(), "msg_0");
    EXPECT_EQ(json::Value(result.reply())["model"].string(), "claude-recorded");
    EXPECT_EQ(finish_of(result), "stop");
    EXPECT_EQ(result.usage->input_tokens, 1021);
    EXPECT_EQ(result.usage->output_tokens, 17);
    EXPECT_EQ(result.service_tier, "standard");
}

TEST_F(Anthropic, AnswersAsAStreamWhereverItIsCut) {
    for (const std::size_t cut : {0u, 1u, 7u}) {
        const Result result = call(streaming(), recorded("stream"), cut);
        ASSERT_TRUE(result.ok()) << result.error->message;
        EXPECT_TRUE(result.completed);
        EXPECT_EQ(result.text(), k_words);
        EXPECT_EQ(result.chunks().size(), 5u);  // each delta, and the end
        EXPECT_EQ(finish_of(result), "stop");
        EXPECT_EQ(result.usage->output_tokens, 17);
    }
}

TEST_F(Anthropic, CountsWhatWasReadFromTheCacheAndWrittenToIt) {
    for (const char* name : {"cached", "cached_stream"}) {
        const bool stream = std::string(name) != "cached";
        const Result result = call(stream ? streaming() : complete(), recorded(name));
        ASSERT_TRUE(result.ok()) << name;
        EXPECT_EQ(result.usage->input_tokens, 1300) << name;
        EXPECT_EQ(result.usage->cached_input_tokens, 1024) << name;
        EXPECT_EQ(result.usage->cache_write_tokens, 256) << name;
        EXPECT_EQ(result.usage->cache_write_1h_tokens, 0) << name;
    }
}

TEST_F(Anthropic, CallsTools) {
    for (const char* name : {"tool", "said_and_tool", "parallel"}) {
        const Result result = call(complete(), recorded(name));
        ASSERT_TRUE(result.ok()) << name;
        const std::string reply = result.reply();
        const json::Value call = first_choice(reply)["message"]["tool_calls"].at(0);
        EXPECT_EQ(call["id"].string(), "toolu_01weather");
        EXPECT_EQ(call["function"]["name"].string(), "get_weather");
        const std::string said = call["function"]["arguments"].string();
        EXPECT_EQ(json::Value(said)["city"].string(), "เชียงใหม่");
        EXPECT_EQ(finish_of(result), "tool_calls");
    }
    for (const std::size_t cut : {0u, 1u, 7u}) {
        const Result one = call(streaming(), recorded("said_and_tool_stream"), cut);
        EXPECT_EQ(one.text(), "I shall look.");
        EXPECT_THAT(arguments(one), ElementsAre("{\"city\":\"เชียงใหม่\",\"days\":3}"));
        const Result two = call(streaming(), recorded("parallel_stream"), cut);
        EXPECT_THAT(arguments(two), ElementsAre("{\"city\":\"เชียงใหม่\",\"days\":3}",
                                                "{\"zone\":\"Asia/Bangkok\"}"));
        EXPECT_EQ(finish_of(two), "tool_calls");
    }
}

TEST_F(Anthropic, TellsThoughtsAndHowToHandThemBack) {
    const Result whole = call(complete(), recorded("thinking"));
    const std::string reply = whole.reply();
    const json::Value message = first_choice(reply)["message"];
    EXPECT_EQ(message["reasoning_content"].string(), "First this, then that.");
    const json::Value detail = message["reasoning_details"].at(0);
    EXPECT_EQ(detail["type"].string(), "reasoning.text");
    EXPECT_EQ(detail["text"].string(), "First this, then that.");
    EXPECT_EQ(detail["signature"].string(), k_signature);
    EXPECT_EQ(whole.usage->reasoning_tokens, 43);
    EXPECT_EQ(whole.usage->output_tokens, 60);

    const Result stream = call(streaming(), recorded("thinking_stream"), 7);
    EXPECT_EQ(joined(stream, "reasoning_content"), "First this, then that.");
    EXPECT_EQ(joined(stream, "content"), k_words);
    std::vector<std::string> details;
    for (const std::string& chunk : stream.chunks()) {
        const json::Value told = first_choice(chunk)["delta"]["reasoning_details"].at(0);
        if (told) details.emplace_back(told.raw());
    }
    EXPECT_THAT(details, ElementsAre(std::string(detail.raw())));
    EXPECT_EQ(stream.usage->reasoning_tokens, 43);

    Asked again = complete();
    again.body = R"({"model":"m","messages":[{"role":"user","content":"a"},)" +
                 std::string(message.raw()) + R"(,{"role":"user","content":"b"}]})";
    EXPECT_THAT(call(again, recorded("plain")).sent.body,
                HasSubstr(R"({"role":"assistant","content":[{"type":"thinking","thinking":)"
                          R"("First this, then that.","signature":")" +
                          std::string(k_signature) + R"("},{"type":"text","text":)"));
}

TEST_F(Anthropic, TellsThoughtsThatAreHidden) {
    const std::string body =
        R"({"type":"message","content":[{"type":"redacted_thinking","data":"zzz"},)"
        R"({"type":"thinking","thinking":"","signature":"sss"},{"type":"text","text":"a"}],)"
        R"("stop_reason":"end_turn"})";
    const Result result = call(complete(), {200, {}, body});
    const std::string reply = result.reply();
    const json::Value message = first_choice(reply)["message"];
    EXPECT_EQ(message["reasoning_details"].raw(),
              R"([{"type":"reasoning.encrypted","data":"zzz","format":"anthropic-claude-v1",)"
              R"("index":0},{"type":"reasoning.text","signature":"sss",)"
              R"("format":"anthropic-claude-v1","index":1}])");
    Asked again = complete();
    again.body = R"({"model":"m","messages":[)" + std::string(message.raw()) + "]}";
    EXPECT_THAT(call(again, recorded("plain")).sent.body,
                HasSubstr(R"([{"type":"redacted_thinking","data":"zzz"},{"type":"thinking",)"
                          R"("thinking":"","signature":"sss"},{"type":"text","text":"a"}])"));
}

TEST_F(Anthropic, LeavesTheCallsOfItsOwnToolsToItself) {
    const std::string events =
        "data: {\"type\":\"message_start\",\"message\":{}}\n\n"
        "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n"
        "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
        "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}}\n\n"
        "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
        "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n"
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},"
        "\"usage\":{\"output_tokens\":5,\"server_tool_use\":{\"web_search_requests\":2}}}\n\n"
        "data: {\"type\":\"message_stop\"}\n\n";
    const Result result = call(streaming(), {200, {}, events});
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_THAT(arguments(result), ElementsAre("{}"));
    EXPECT_THAT(result.units, ElementsAre(std::pair<std::string, std::int64_t>("web_search", 2)));
}

TEST_F(Anthropic, SaysWhyItStopped) {
    EXPECT_EQ(finish_of(call(complete(), recorded("length"))), "length");
    EXPECT_EQ(finish_of(call(complete(), recorded("filtered"))), "content_filter");
    const std::pair<const char*, const char*> reasons[] = {
        {"end_turn", "stop"},       {"stop_sequence", "stop"},
        {"pause_turn", "stop"},     {"refusal", "content_filter"},
        {"max_tokens", "length"},   {"something_new", "stop"},
        {"tool_use", "tool_calls"}, {"model_context_window_exceeded", "length"}};
    for (const auto& [reason, finish] : reasons) {
        const std::string body = R"({"type":"message","content":[],"stop_reason":")" +
                                 std::string(reason) + R"(","stop_details":{"explanation":"no"}})";
        const Result result = call(complete(), {200, {}, body});
        EXPECT_EQ(finish_of(result), finish) << reason;
        const bool refused = std::string(reason) == "refusal";
        EXPECT_EQ(first_choice(result.reply())["message"]["refusal"].string(), refused ? "no" : "");
    }
}

TEST_F(Anthropic, HandsOnItsOwnDialect) {
    const Response whole = recorded("cached");
    const Result result = native(whole, false);
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_TRUE(result.sent.body_borrowed);
    EXPECT_EQ(result.sent.body, messages(false).body);
    EXPECT_EQ(result.sent.header("anthropic-beta"), "a,b");
    EXPECT_EQ(result.sent.header("anthropic-version"), "2023-01-01");
    EXPECT_EQ(result.reply(), whole.body);
    EXPECT_EQ(result.usage->input_tokens, 1300);
    EXPECT_EQ(result.usage->cache_write_tokens, 256);

    for (const std::size_t cut : {0u, 1u, 7u}) {
        const Response stream = recorded("thinking_stream");
        const Result told = native(stream, true, cut);
        ASSERT_TRUE(told.ok()) << told.error->message;
        std::string again;
        for (const Emitted& piece : told.emitted) {
            again += "event: " + piece.event + "\ndata: " + piece.json + "\n\n";
        }
        EXPECT_EQ(again, stream.body);
        EXPECT_EQ(told.usage->output_tokens, 60);
        EXPECT_EQ(told.usage->reasoning_tokens, 43);
        EXPECT_EQ(told.service_tier, "standard");
    }
    EXPECT_EQ(native({200, {}, "{\"x\":1}"}, false).status(), BW_E_PROTOCOL);
    EXPECT_EQ(native(whole, true).status(), BW_E_PROTOCOL);
    for (const char* odd : {"event: ping\ndata: {\"type\":\"pong\"}\n\n",
                            "data: {\"type\":\"x\\nevent: message_stop\"}\n\n"}) {
        EXPECT_EQ(native({200, {}, odd}, true).status(), BW_E_PROTOCOL) << odd;
    }
}

TEST_F(Anthropic, CountsTokens) {
    Asked asked = messages(false);
    asked.operation = BW_OP_COUNT_TOKENS;
    const Result result = call(asked, {200, {}, R"({"input_tokens":12})"});
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_EQ(result.sent.url, "https://api.anthropic.com/v1/messages/count_tokens");
    EXPECT_EQ(result.reply(), R"({"input_tokens":12})");
    EXPECT_EQ(result.usage->input_tokens, 0);  // nobody pays for it
    EXPECT_EQ(call(asked, {200, {}, R"({"tokens":12})"}).status(), BW_E_PROTOCOL);
}

TEST_F(Anthropic, ListsItsModelsPageByPage) {
    Asked asked;
    asked.operation = BW_OP_MODELS;
    asked.body = "{}";
    Instance instance(host, library_.table(), config_);
    const Result result = instance.call_in_turn(
        asked, {{200, {}, R"({"data":[{"id":"a"},{"id":"b"}],"has_more":true,"last_id":"b&c\n"})"},
                {200, {}, R"({"data":[{"id":"c"}],"has_more":false,"last_id":"c"})"}});
    ASSERT_TRUE(result.ok()) << result.error->message;
    EXPECT_THAT(result.models, ElementsAre("a", "b", "c"));
    EXPECT_EQ(result.sent.method, "GET");
    EXPECT_EQ(result.sent.url, "https://api.anthropic.com/v1/models?limit=1000");
    ASSERT_EQ(result.sent_later.size(), 1u);
    EXPECT_EQ(result.sent_later[0].url,
              "https://api.anthropic.com/v1/models?limit=1000&after_id=b%26c%0A");
    const Result endless =
        instance.list_models({200, {}, R"({"data":[],"has_more":true,"last_id":"b"})"});
    EXPECT_THAT(endless.sent_later, IsEmpty());
    const Response same = {200, {}, R"({"data":[{"id":"a"}],"has_more":true,"last_id":"a"})"};
    EXPECT_EQ(instance.call_in_turn(asked, {same, same, same}).sent_later.size(), 1u);
    EXPECT_EQ(instance.list_models({200, {}, "{}"}).status(), BW_E_PROTOCOL);
    EXPECT_EQ(instance.list_models(recorded("error_key")).status(), BW_E_AUTH);
}

}  // namespace
}  // namespace bw::testing::anthropic
