// What the anthropic plugin makes of errors, of limits and of answers that are none.
#include "plugins/anthropic_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bw::testing::anthropic {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Anthropic, TakesAnAnswerThatIsCutForNone) {
    for (const char* name : {"early_stream", "broken_stream", "stream", "tool_stream"}) {
        Response response = recorded(name);
        const auto last = response.body.rfind("event: ");
        if (std::string(name) != "early_stream") response.body.resize(last);
        const Result result = call(streaming(), response, 7);
        EXPECT_EQ(result.status(), BW_E_PROTOCOL) << name;
        EXPECT_EQ(native(response, true).status(), BW_E_PROTOCOL) << name;
    }
    for (const char* body : {"", "{", "[]", "null", "<html>", "{}", "{\"type\":\"message\"}"}) {
        EXPECT_EQ(call(complete(), {200, {}, body}).status(), BW_E_PROTOCOL) << body;
    }
}

TEST_F(Anthropic, TellsOfAnErrorInTheMiddle) {
    for (const bool own : {false, true}) {
        const Response response = recorded("broken_stream");
        const Result result = own ? native(response, true) : call(streaming(), response, 1);
        EXPECT_EQ(result.status(), BW_E_UPSTREAM);
        EXPECT_EQ(result.error->http_status, 529u);
        EXPECT_EQ(result.error->type, "overloaded_error");
        EXPECT_EQ(result.usage->input_tokens, 1021);
    }
    const Response whole{200, {}, error_body("rate_limit_error", "slow down")};
    EXPECT_EQ(call(complete(), whole).status(), BW_E_RATE);
    EXPECT_EQ(call(complete(), whole).error->http_status, 429u);
    EXPECT_EQ(call(streaming(), whole).status(), BW_E_RATE);
}

TEST_F(Anthropic, KnowsEachError) {
    struct Row {
        const char* name;
        bw_status status;
        const char* code;
        std::int64_t retry_after_ms;
    };
    host.now_ms = 1'795'953'600'000 - 2000;  // 2026-11-29T11:59:58Z
    const Row rows[] = {{"error_context", BW_E_CONTEXT_LENGTH, "invalid_request_error", 0},
                        {"error_internal", BW_E_UPSTREAM, "api_error", 0},
                        {"error_key", BW_E_AUTH, "authentication_error", 0},
                        {"error_overloaded", BW_E_UPSTREAM, "overloaded_error", 0},
                        {"error_permission", BW_E_AUTH, "permission_error", 0},
                        {"error_rate", BW_E_RATE, "rate_limit_error", 7000},
                        {"error_spend_limit", BW_E_QUOTA, "enforced_spend_limit_reached", 0}};
    for (const Row& row : rows) {
        const Response response = recorded(row.name);
        for (const bool own : {false, true}) {
            const Result result = own ? native(response, true) : call(complete(), response);
            ASSERT_FALSE(result.ok()) << row.name;
            EXPECT_EQ(result.status(), row.status) << row.name;
            EXPECT_EQ(result.error->http_status, response.status) << row.name;
            EXPECT_EQ(result.error->code, row.code) << row.name;
            EXPECT_EQ(result.error->type, json::Value(response.body)["error"]["type"].string());
            EXPECT_EQ(result.error->raw, response.body) << row.name;
            EXPECT_EQ(result.error->retry_after_ms, row.retry_after_ms) << row.name;
        }
    }
    EXPECT_EQ(error(400, "invalid_request_error", "x: Field required").status(), BW_E_INVALID);
    EXPECT_EQ(error(400, "invalid_request_error", "Your credit balance is too low").status(),
              BW_E_QUOTA);
    EXPECT_EQ(
        error(400, "invalid_request_error", "You have reached your specified API usage limits.")
            .status(),
        BW_E_QUOTA);
    EXPECT_EQ(error(400, "invalid_request_error", "This organization has been disabled.").status(),
              BW_E_AUTH);
    EXPECT_EQ(
        error(400, "invalid_request_error", "Output blocked by content filtering policy").status(),
        BW_E_CONTENT_FILTER);
    EXPECT_EQ(error(402, "billing_error", "unpaid").status(), BW_E_QUOTA);
    EXPECT_EQ(error(404, "not_found_error", "model: x").status(), BW_E_NOT_FOUND);
    EXPECT_EQ(error(409, "conflict_error", "x").status(), BW_E_UPSTREAM);
    EXPECT_EQ(error(413, "request_too_large", "x").status(), BW_E_CONTEXT_LENGTH);
    EXPECT_EQ(error(504, "timeout_error", "x").status(), BW_E_UPSTREAM);
    EXPECT_EQ(call(complete(), {502, {}, "<html>Bad gateway</html>"}).status(), BW_E_UPSTREAM);
}

TEST_F(Anthropic, ShowsNoKeyThatAnErrorQuotes) {
    const Result result =
        error(401, "authentication_error", "invalid x-api-key: sk-ant-api03-abcdefgh12345678");
    EXPECT_THAT(result.error->message, Not(HasSubstr("abcdefgh")));
    EXPECT_THAT(result.error->raw, Not(HasSubstr("abcdefgh")));
}

TEST_F(Anthropic, TellsLimitsAndTheRequestsId) {
    host.now_ms = 1'795'953'600'000 - 1500;
    const Result result = call(streaming(), recorded("stream"));
    ASSERT_EQ(result.limits.size(), 4u);
    EXPECT_EQ(result.limits[0].name, "requests");
    EXPECT_EQ(result.limits[0].limit, 1000);
    EXPECT_EQ(result.limits[0].remaining, 999);
    EXPECT_EQ(result.limits[0].reset_ms, 2500);
    EXPECT_EQ(result.limits[2].name, "input_tokens");
    EXPECT_EQ(result.limits[3].reset_ms, 1500);
    const Headers id = {{"request-id", "req_0"}};
    EXPECT_EQ(result.reply_headers, id);
    EXPECT_EQ(result.attributes, (Headers{{"anthropic.request_id", "req_0"}}));
    EXPECT_EQ(call(complete(), recorded("error_rate")).limits.size(), 4u);
}

TEST_F(Anthropic, SurvivesAnything) {
    const std::string deep = std::string(2000, '[') + std::string(2000, ']');
    std::vector<std::string> bodies = {
        R"({"type":"message","content":)" + deep + "}",
        R"({"type":"message","content":[[],1,{"type":"tool_use"},{"type":7}],"stop_reason":{}})",
        R"({"type":"message","usage":{"input_tokens":1e99,"output_tokens":-4},"stop_reason":"x"})",
        R"({"type":"error","error":)" + deep + "}",
        R"({"type":"error","error":"words"})",
        R"({"type":"error"})",
        "\xff\xfe"};
    for (const char* name : {"thinking", "parallel", "cached"}) {
        const std::string whole = recorded(name).body;
        for (std::size_t end = 0; end < whole.size(); end += 13) {
            bodies.push_back(whole.substr(0, end));
        }
    }
    const std::string tools = recorded("parallel_stream").body;
    for (std::size_t end = 0; end < tools.size(); end += 29) bodies.push_back(tools.substr(0, end));
    for (const char* event :
         {R"({"type":"content_block_start","index":99999999999999999999,"content_block":null})",
          R"({"type":"content_block_delta","index":-1,"delta":{"partial_json":"{"}})",
          R"({"type":"content_block_delta","delta":[]})", R"({"type":"message_delta"})",
          R"({"type":"message_stop"})", R"({"type":"content_block_stop"})", "[]", "7", "{"}) {
        bodies.push_back("data: " + std::string(event) + "\n\n");
    }
    for (const std::string& body : bodies) {
        for (const bool stream : {false, true}) {
            call(stream ? streaming() : complete(), {200, {}, body});
            call(complete(), {500, {}, body});
            native({200, {}, body}, stream);
        }
    }
}

}  // namespace
}  // namespace bw::testing::anthropic
