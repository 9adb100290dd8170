// Usage in all the forms in which upstreams report it, and in all the places.
#include <bellwether/openai_compatible.hpp>
#include <string>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::Usage;
using bw::json::Value;
using bw::openai::merge_usage;
using bw::openai::read_count;
using bw::openai::read_usage;
using bw::openai::says_anything;

TEST(Count, IsAWholeNumberInAnySpelling) {
    const std::pair<const char*, std::int64_t> counts[] = {
        {"0", 0},
        {"12", 12},
        {"12.0", 12},
        {"1e3", 1000},
        {"1.25E+2", 125},
        {"1200e-2", 12},
        {"12.01", 13},
        {"0.0", 0},
        {"0e999999999999", 0},
        {"5e-999999999999", 1},
        {"\"12\"", 12},
        {"\"12.0\"", 12},
        {"\"007\"", 7},
        {"9007199254740993", 9007199254740993},
        {"9007199254740993.0", 9007199254740993},
        {"9223372036854775807", INT64_MAX},
        {"922337203685477580.7e1", INT64_MAX},
    };
    for (const auto& [text, count] : counts) EXPECT_EQ(read_count(Value(text)), count) << text;
}

TEST(Count, IsNothingElse) {
    for (const char* text :
         {"-1", "\"-1\"", "\"\"", "\"many\"", "\"1 2\"", "\"1,000\"", "\"0x10\"", "null", "true",
          "[1]", "{}", "1.", "1e", "9223372036854775808", "9223372036854775807.5", "1e19",
          "1e999999999999999999999", "\"", ""}) {
        EXPECT_EQ(read_count(Value(text)), std::nullopt) << text;
    }
}

struct Said {
    const char* json;
    std::int64_t input, output, cached, reasoning, written = -1;
};

TEST(ReadUsage, KnowsTheFormsThatUpstreamsUse) {
    const Said said[] = {
        // OpenAI
        {R"({"prompt_tokens":22,"completion_tokens":17,"total_tokens":39,"completion_tokens_details":
            {"reasoning_tokens":12},"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":3}})",
         22, 17, 5, 12, 3},
        // the names of the Responses API
        {R"({"input_tokens":22,"output_tokens":17,"total_tokens":39,"output_tokens_details":
            {"reasoning_tokens":12},"input_tokens_details":{"cached_tokens":5}})",
         22, 17, 5, 12},
        // Anthropic leaves out of input_tokens what a cache took or gave
        {R"({"input_tokens":10,"output_tokens":17,"cache_read_input_tokens":900,
            "cache_creation_input_tokens":100})",
         1010, 17, 900, -1, 100},
        {R"({"input_tokens":10,"output_tokens":1,"cache_creation":
            {"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":70},
            "cache_creation_input_tokens":100})",
         110, 1, -1, -1, 100},
        // Anthropic behind another's face, with both names of the cache
        {R"({"prompt_tokens":1010,"completion_tokens":17,"total_tokens":1027,
            "cache_read_input_tokens":900,"cache_creation_input_tokens":100})",
         1010, 17, 900, -1, 100},
        {R"({"prompt_tokens":10,"completion_tokens":17,"total_tokens":27,
            "cache_read_input_tokens":900})",
         910, 17, 900, -1},
        {R"({"prompt_tokens":1000,"completion_tokens":17,"total_tokens":1917,
            "cache_read_input_tokens":900})",
         1900, 17, 900, -1},
        // Moonshot and others, DeepSeek, Qwen
        {R"({"prompt_tokens":1000,"completion_tokens":0,"total_tokens":1000,"cached_tokens":900})",
         1000, 0, 900, -1},
        {R"({"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":4,
            "prompt_cache_miss_tokens":5})",
         9, 2, 4, -1},
        {R"({"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1,
            "cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":7}}})",
         9, 2, 1, -1, 7},
        // reasoning outside of the completion: xAI, Gemini
        {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":5015,
            "completion_tokens_details":{"reasoning_tokens":5000}})",
         10, 5005, -1, 5000},
        {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":5015})", 10, 5005, -1, -1},
        {R"({"prompt_tokens":10,"completion_tokens":5,"reasoning_tokens":5000})", 10, 5005, -1,
         5000},
        // more than the whole, and the sum knows nothing of it: not believed
        {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
            "completion_tokens_details":{"reasoning_tokens":5000}})",
         10, 5, -1, 5000},
        // what is left out can be told
        {R"({"prompt_tokens":10,"total_tokens":15})", 10, 5, -1, -1},
        {R"({"completion_tokens":10,"total_tokens":15})", 5, 10, -1, -1},
        {R"({"prompt_tokens":3,"total_tokens":3})", 3, -1, -1, -1},
        // numbers of other kinds
        {R"({"prompt_tokens":10.0,"completion_tokens":"5","total_tokens":1.5e1})", 10, 5, -1, -1},
        // nothing
        {"{}", -1, -1, -1, -1},
        {"[1]", -1, -1, -1, -1},
        {R"({"prompt_tokens":null,"completion_tokens":-3,"total_tokens":{}})", -1, -1, -1, -1},
    };
    for (const Said& each : said) {
        const Usage usage = read_usage(each.json);
        EXPECT_EQ(usage.input, each.input) << each.json;
        EXPECT_EQ(usage.output, each.output) << each.json;
        EXPECT_EQ(usage.cached_input, each.cached) << each.json;
        EXPECT_EQ(usage.reasoning, each.reasoning) << each.json;
        EXPECT_EQ(usage.cache_write, each.written) << each.json;
    }
}

TEST(ReadUsage, KnowsWhatBillsNeed) {
    const Usage usage = read_usage(
        R"({"prompt_tokens":100,"completion_tokens":50,"service_tier":"priority",
            "prompt_tokens_details":{"audio_tokens":7,"image_tokens":8},
            "completion_tokens_details":{"audio_tokens":9,"image_tokens":11},
            "cache_creation":{"ephemeral_1h_input_tokens":70},
            "server_tool_use":{"web_search_requests":2,"web_fetch_requests":0},
            "server_side_tool_usage_details":{"x_search_calls":3},
            "num_sources_used":4,"num_search_queries":5,"plugins":{"search":{"count":1}}})");
    EXPECT_EQ(usage.audio_input, 7);
    EXPECT_EQ(usage.image_input, 8);
    EXPECT_EQ(usage.audio_output, 9);
    EXPECT_EQ(usage.image_output, 11);
    EXPECT_EQ(usage.cache_write, 70);
    EXPECT_EQ(usage.cache_write_1h, 70);
    EXPECT_EQ(usage.service_tier, "priority");
    std::string units;
    for (const auto& unit : usage.units) units += unit.name + std::to_string(unit.count) + " ";
    EXPECT_EQ(units, "web_search2 web_fetch0 x_search3 search_source4 search_query5 web_search1 ");
}

TEST(ReadUsage, KnowsBedrocksNames) {
    const Usage usage = read_usage(
        R"({"inputTokens":20,"outputTokens":17,"totalTokens":9999,"cacheReadInputTokens":1024,)"
        R"("cacheWriteInputTokens":256,"cacheDetails":[{"ttl":"1h","inputTokens":56},)"
        R"({"ttl":"5m","inputTokens":200}]})");
    EXPECT_EQ(usage.input, 1300);
    EXPECT_EQ(usage.output, 17);
    EXPECT_EQ(usage.cached_input, 1024);
    EXPECT_EQ(usage.cache_write, 256);
    EXPECT_EQ(usage.cache_write_1h, 56);
    EXPECT_EQ(usage.total, -1) << "it is not always the sum";
}

TEST(ReadUsage, TheSumAloneIsHandedOn) {
    const Usage usage = read_usage(R"({"total_tokens":1500})");
    EXPECT_EQ(usage.total, 1500);
    EXPECT_EQ(usage.input, -1);
    EXPECT_TRUE(says_anything(usage));
    EXPECT_FALSE(says_anything(read_usage(R"({"cost":1})")));
}

TEST(MergeUsage, NeitherZerosNorWhatIsLeftOutTakesAnythingBack) {
    Usage usage = read_usage(R"({"prompt_tokens":10,"completion_tokens":5,"cached_tokens":3})");
    merge_usage(usage, read_usage(R"({"prompt_tokens":0,"completion_tokens":7,"total_tokens":0})"));
    merge_usage(usage, read_usage("{}"));
    EXPECT_EQ(usage.input, 10);
    EXPECT_EQ(usage.output, 7);
    EXPECT_EQ(usage.cached_input, 3);
}

// ---- through the plugin
// ---------------------------------------------------------------------------

std::string event(const std::string& data) { return "data: " + data + "\n\n"; }
const std::string k_done = "data: [DONE]\n\n";
const std::string k_text = R"({"choices":[{"index":0,"delta":{"content":"a"}}]})";

std::string finish(const std::string& in_choice, const std::string& beside = "") {
    return R"({"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop")" + in_choice +
           "}]" + beside + "}";
}

class UsagePlace : public PluginTest {
  protected:
    UsagePlace() : PluginTest("openai") {}
    Result streamed(const std::string& body) { return call(streaming(), {200, {}, body}); }
};

TEST_F(UsagePlace, InAChoiceItIsReadAndStays) {
    const std::string last =
        finish(R"(,"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15})");
    const Result result = streamed(event(k_text) + event(last) + k_done);
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.usage.value().input_tokens, 10);
    EXPECT_EQ(result.usage.value().output_tokens, 5);
    EXPECT_EQ(result.chunks().at(1), last);
    ASSERT_EQ(result.of_kind(BW_EMIT_USAGE).size(), 1u);
    EXPECT_EQ(
        result.of_kind(BW_EMIT_USAGE)[0],
        R"({"id":"c1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})");
}

TEST_F(UsagePlace, InEachOfSeveralChoicesItAddsUp) {
    const auto choice = [](const char* index, const char* output) {
        return std::string(R"({"delta":{},"usage":{"prompt_tokens":10,"completion_tokens":)") +
               output + R"(},"finish_reason":"stop","index":)" + index + "}";
    };
    const std::string body = event(R"({"choices":[)" + choice("0", "5") + "]}") +
                             event(R"({"choices":[)" + choice("1", "7") + "]}") + k_done;
    const Result result = streamed(body);
    EXPECT_EQ(result.usage.value().input_tokens, 10);
    EXPECT_EQ(result.usage.value().output_tokens, 12);
}

TEST_F(UsagePlace, InAChoiceOfAWholeReply) {
    const std::string reply =
        R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop","usage":{"prompt_tokens":10,"completion_tokens":5}}]})";
    const Result plain = call(complete(), {200, {}, reply});
    EXPECT_EQ(plain.reply(), reply);
    EXPECT_EQ(plain.usage.value().output_tokens, 5);
    const Result unfolded = call(streaming(), {200, {{"content-type", "application/json"}}, reply});
    EXPECT_EQ(unfolded.usage.value().output_tokens, 5);
    EXPECT_EQ(unfolded.of_kind(BW_EMIT_USAGE).size(), 1u);
}

TEST_F(UsagePlace, InGroqsOwnMember) {
    const Result result = streamed(
        event(k_text) +
        event(finish(
            "", R"(,"x_groq":{"id":"r","usage":{"prompt_tokens":10,"completion_tokens":5}})")) +
        k_done);
    EXPECT_EQ(result.usage.value().input_tokens, 10);
    EXPECT_EQ(result.usage.value().output_tokens, 5);
}

TEST_F(UsagePlace, TheTierStandsBesideTheChoices) {
    const Result result = streamed(
        event(R"({"service_tier":"priority","choices":[{"index":0,"delta":{"content":"a"}}]})") +
        event(finish("", R"(,"usage":{"prompt_tokens":10,"completion_tokens":5})")) + k_done);
    EXPECT_EQ(result.service_tier, "priority");
}

TEST_F(UsagePlace, LaterZerosEraseNothing) {
    const std::string real =
        R"({"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000})";
    const std::string zeros = R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})";
    const Result result = streamed(event(k_text) + event(finish("", R"(,"usage":)" + real)) +
                                   event(R"({"choices":[],"usage":)" + zeros + "}") + k_done);
    EXPECT_EQ(result.usage.value().input_tokens, 1000);
    EXPECT_EQ(result.usage.value().output_tokens, 1000);
    ASSERT_EQ(result.of_kind(BW_EMIT_USAGE).size(), 1u);
    EXPECT_EQ(Value(result.of_kind(BW_EMIT_USAGE)[0])["usage"].raw(), real);
}

TEST_F(UsagePlace, AUsageChunkHasTheNamesThatClientsKnow) {
    const Result result =
        streamed(event(k_text) +
                 event(finish("", R"(,"usage":{"input_tokens":10,"output_tokens":5})")) + k_done);
    ASSERT_EQ(result.of_kind(BW_EMIT_USAGE).size(), 1u);
    EXPECT_EQ(
        Value(result.of_kind(BW_EMIT_USAGE)[0])["usage"].raw(),
        R"({"input_tokens":10,"output_tokens":5,"prompt_tokens":10,"completion_tokens":5,"total_tokens":15})");
}

TEST(ReadUsage, CountsAnthropicsThinkingAsReasoning) {
    const Usage usage = read_usage(
        R"({"input_tokens":9,"output_tokens":60,"output_tokens_details":{"thinking_tokens":43}})");
    EXPECT_EQ(usage.reasoning, 43);
    EXPECT_EQ(usage.output, 60);
}

}  // namespace
