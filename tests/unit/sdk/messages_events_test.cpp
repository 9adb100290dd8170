// What Anthropic's Messages API answers, as chat replies: the same whether it is told whole or as
// a stream.
#include <bellwether/messages/events.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using bw::json::Value;
using bw::messages::Event;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Told {
    std::vector<std::string> chunks;
    std::string reply;
    bw::Usage usage;
};

// Stands in for bw::Attempt.
struct Sink {
    Told* to;
    void emit_chunk(std::string_view json) const { to->chunks.emplace_back(json); }
    void emit_reply(std::string_view json) const { to->reply = json; }
    void emit_usage_chunk(std::string_view) const {}
    void usage(const bw::Usage& usage) const { to->usage = usage; }
};
using Events = bw::messages::Events<Sink>;

constexpr const char* k_events[] = {
    R"({"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":5}}})",
    R"({"type":"content_block_start","content_block":)"
    R"({"type":"thinking","thinking":"","signature":""}})",
    R"({"type":"ping"})",
    R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"h"}})",
    R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"m"}})",
    R"({"type":"content_block_delta","delta":{"type":"signature_delta","signature":"s"}})",
    R"({"type":"content_block_stop"})",
    R"({"type":"content_block_start","content_block":{"type":"text","text":""}})",
    R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"say"}})",
    R"({"type":"content_block_delta","delta":{"type":"citations_delta","citation":{}}})",
    R"({"type":"content_block_stop"})",
    R"({"type":"content_block_start","content_block":)"
    R"({"type":"tool_use","id":"t","name":"f","input":{}}})",
    R"({"type":"content_block_delta","delta":)"
    R"({"type":"input_json_delta","partial_json":"{\"a\":1}"}})",
    R"({"type":"content_block_stop"})",
    R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}})"};

TEST(MessagesEvents, SayTheSameWholeAndAsAStream) {
    Told streamed;
    Events events({{&streamed}, false});
    for (const char* event : k_events) events.take(Event(event));
    EXPECT_TRUE(events.end());
    Told whole;
    Events message({{&whole}, false});
    message.take(Event(
        R"({"type":"message","id":"i","model":"m","content":[{"type":"thinking","thinking":"hm",)"
        R"("signature":"s"},{"type":"text","text":"say"},{"type":"tool_use","id":"t","name":"f",)"
        R"("input":{"a":1}}],"stop_reason":"tool_use",)"
        R"("usage":{"input_tokens":5,"output_tokens":7}})"));
    EXPECT_TRUE(message.end());
    EXPECT_EQ(whole.reply, streamed.reply);
    EXPECT_EQ(Value(whole.reply)["choices"].at(0)["message"].raw(),
              R"({"role":"assistant","content":"say","refusal":null,"reasoning_content":"hm",)"
              R"("reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s",)"
              R"("format":"anthropic-claude-v1","index":0}],"tool_calls":[{"id":"t",)"
              R"("type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]})");
    EXPECT_EQ(whole.usage.input, 5);
    EXPECT_EQ(whole.usage.output, 7);
}

TEST(MessagesEvents, SendAChunkForEachThingThatIsSaid) {
    Told told;
    Events events({{&told}, true});
    std::vector<std::size_t> chunks;
    for (const char* event : k_events) {
        events.take(Event(event));
        chunks.push_back(told.chunks.size());
    }
    EXPECT_THAT(chunks, ElementsAre(0, 0, 0, 1, 2, 2, 3, 3, 4, 4, 4, 5, 6, 6, 7));
    EXPECT_EQ(
        Value(told.chunks[2])["choices"].at(0)["delta"]["reasoning_details"].at(0)["text"].string(),
        "hm");
}

TEST(MessagesEvents, AreNotCompleteWithoutAReason) {
    Told told;
    Events events({{&told}, false});
    EXPECT_FALSE(events.end());
    for (std::size_t i = 0; i + 1 < std::size(k_events); ++i) events.take(Event(k_events[i]));
    events.take(Event(R"({"type":"message_delta","delta":{"stop_reason":null}})"));
    EXPECT_FALSE(events.end());
    EXPECT_THAT(told.reply, IsEmpty());
}

TEST(MessagesEvents, TellWhyItWouldNotAnswer) {
    Told told;
    Events events({{&told}, false});
    events.take(Event(R"({"type":"message","content":[],"stop_reason":"refusal",)"
                      R"("stop_details":{"type":"refusal","explanation":"no"}})"));
    EXPECT_TRUE(events.end());
    const Value choice = Value(told.reply)["choices"].at(0);
    EXPECT_EQ(choice["message"]["refusal"].string(), "no");
    EXPECT_EQ(choice["finish_reason"].string(), "content_filter");
}

}  // namespace
