// The builder of chat replies: the same events make a stream and a whole reply that say the same,
// in the form that OpenAI's own clients take.
#include <bellwether/chat/reply.hpp>
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/fold.hpp>
#include <bellwether/openai_compatible/usage.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

using bw::chat::Finish;
using bw::json::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Emitted {
    std::vector<std::string> chunks;
    std::vector<std::string> replies;
    std::vector<std::string> usage_chunks;
    std::vector<bw::Usage> usages;
};

// Stands in for bw::Attempt.
struct Sink {
    Emitted* to;
    void emit_chunk(std::string_view json) const { to->chunks.emplace_back(json); }
    void emit_reply(std::string_view json) const { to->replies.emplace_back(json); }
    void emit_usage_chunk(std::string_view json) const { to->usage_chunks.emplace_back(json); }
    void usage(const bw::Usage& usage) const { to->usages.push_back(usage); }
};
using Reply = bw::chat::Reply<Sink>;

class ChatReply : public ::testing::Test {
  protected:
    Reply reply(bool stream) {
        Reply made(Sink{&emitted}, stream);
        made.id("r").model("m").created(std::chrono::seconds(5));
        return made;
    }
    // The deltas of all chunks so far, with what ends them.
    std::vector<std::string> deltas() const {
        std::vector<std::string> out;
        for (const std::string& chunk : emitted.chunks) {
            EXPECT_TRUE(bw::json::valid(chunk)) << chunk;
            const Value choice = Value(chunk)["choices"].at(0);
            out.emplace_back(choice["delta"].raw());
            const Value reason = choice["finish_reason"];
            if (reason) out.back() += " " + reason.string();
        }
        return out;
    }

    Emitted emitted;
};

TEST_F(ChatReply, HoldsTheRoleBackUntilThereIsSomethingToSay) {
    Reply to = reply(true);
    to.text("").reasoning("");
    EXPECT_THAT(emitted.chunks, IsEmpty());
    to.text("Hel").text("lo").finish(Finish::stop);
    EXPECT_TRUE(to.end());
    EXPECT_THAT(deltas(), ElementsAre(R"({"role":"assistant","content":"Hel"})",
                                      R"({"content":"lo"})", "{} stop"));
    EXPECT_EQ(
        emitted.chunks[0],
        R"({"id":"r","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,)"
        R"("delta":{"role":"assistant","content":"Hel"},"logprobs":null,"finish_reason":null}]})");
    EXPECT_THAT(emitted.usage_chunks, IsEmpty()) << "nothing was said of usage";
}

TEST_F(ChatReply, GivesOneReplyWhereNoStreamWasAskedFor) {
    Reply to = reply(false);
    to.system_fingerprint("fp").text("Hel").text("lo").finish(Finish::length);
    EXPECT_THAT(emitted.replies, IsEmpty());
    EXPECT_TRUE(to.end());
    EXPECT_TRUE(to.end()) << "a second time nothing is emitted";
    EXPECT_THAT(
        emitted.replies,
        ElementsAre(
            R"({"id":"r","object":"chat.completion","created":5,"model":"m","system_fingerprint":"fp",)"
            R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},)"
            R"("logprobs":null,"finish_reason":"length"}]})"));
}

TEST_F(ChatReply, GivesToolCallsAnIndexAndAnId) {
    Reply to = reply(true);
    to.tool_call_begin("a", "f").tool_call_arguments("{\"x\":").tool_call_arguments("1}");
    to.tool_call("", "g", R"({"y":2})");
    to.finish(Finish::stop);
    const std::vector<std::string> said = deltas();
    ASSERT_EQ(said.size(), 6u);
    EXPECT_EQ(
        said[0],
        R"({"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"a","type":"function",)"
        R"("function":{"name":"f","arguments":""}}]})");
    EXPECT_EQ(said[1], R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]})");
    EXPECT_EQ(said[4], R"({"tool_calls":[{"index":1,"function":{"arguments":"{\"y\":2}"}}]})");
    EXPECT_EQ(said[5], "{} tool_calls") << "it stopped, and waits for its tools";
    const std::string id = Value(said[3])["tool_calls"].at(0)["id"].string();
    EXPECT_EQ(id.substr(0, 5), "call_");
    EXPECT_GT(id.size(), 20u);
}

TEST_F(ChatReply, GivesAnObjectForArgumentsThatNeverCame) {
    for (const bool stream : {true, false}) {
        Reply to = reply(stream);
        to.tool_call_begin("a", "f").tool_call_begin("b", "g").tool_call_arguments("{}");
        to.finish(Finish::tool_calls);
        EXPECT_TRUE(to.end());
    }
    EXPECT_EQ(deltas().at(3), R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})");
    EXPECT_EQ(deltas().size(), 5u);
    const std::string whole = emitted.replies.at(0);
    const Value calls = Value(whole)["choices"].at(0)["message"]["tool_calls"];
    EXPECT_EQ(calls.at(0)["function"]["arguments"].string(), "{}");
    EXPECT_EQ(calls.at(1)["function"]["arguments"].string(), "{}");
    EXPECT_EQ(calls.at(2).kind(), bw::json::Kind::missing);
}

TEST_F(ChatReply, TakesArgumentsOfCallsThatMingle) {
    Reply to = reply(false);
    to.tool_call_begin("a", "f").tool_call_begin("b", "g");
    to.tool_call_arguments_of(0, "{\"a\"").tool_call_arguments_of(1, "{\"b\"");
    to.tool_call_arguments_of(0, ":1}").tool_call_arguments_of(1, ":2}");
    to.tool_call_arguments_of(7, "lost").finish(Finish::tool_calls);
    ASSERT_TRUE(to.end());
    const std::string whole = emitted.replies.at(0);
    const Value message = Value(whole)["choices"].at(0)["message"];
    EXPECT_EQ(message["tool_calls"].at(0)["function"]["arguments"].string(), R"({"a":1})");
    EXPECT_EQ(message["tool_calls"].at(1)["function"]["arguments"].string(), R"({"b":2})");
    EXPECT_EQ(message["content"].kind(), bw::json::Kind::null);
}

TEST_F(ChatReply, PutsUsageIntoTheReplyAndTheClosingChunkAlike) {
    for (const bool stream : {true, false}) {
        Reply to = reply(stream);
        bw::Usage begun;
        begun.input = 100;
        begun.cached_input = 80;
        begun.cache_write = 5;
        bw::Usage said;
        said.output = 20;
        said.reasoning = 7;
        said.audio_output = 3;
        to.usage(begun).text("x").usage(said).finish(Finish::stop);
        ASSERT_TRUE(to.end());
    }
    const std::string usage =
        R"({"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,)"
        R"("prompt_tokens_details":{"cached_tokens":80,"cache_write_tokens":5},)"
        R"("completion_tokens_details":{"reasoning_tokens":7,"audio_tokens":3}})";
    ASSERT_EQ(emitted.usage_chunks.size(), 1u);
    EXPECT_EQ(
        emitted.usage_chunks[0],
        R"({"id":"r","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":)" +
            usage + "}");
    EXPECT_EQ(Value(emitted.replies.at(0))["usage"].raw(), usage);
    ASSERT_EQ(emitted.usages.size(), 4u) << "the host is told each time";
    EXPECT_EQ(emitted.usages[1].input, 100);
    EXPECT_EQ(emitted.usages[1].output, 20);
}

TEST_F(ChatReply, SaysThatItWasCutIfAChoiceHasNotFinished) {
    for (const bool stream : {true, false}) {
        Reply to = reply(stream);
        EXPECT_FALSE(to.end()) << "nothing was said at all";
        to.text("a").text("b", 1).finish(Finish::stop);
        EXPECT_FALSE(to.finished());
        EXPECT_FALSE(to.end());
        to.finish(Finish::stop, 1);
        EXPECT_TRUE(to.end());
    }
    EXPECT_EQ(emitted.replies.size(), 1u);
}

TEST_F(ChatReply, KeepsChoicesApart) {
    Reply to = reply(false);
    to.text("b", 1).text("a").refusal("no", 2).finish(Finish::stop, 1).finish(Finish::stop);
    to.finish(Finish::content_filter, 2);
    ASSERT_TRUE(to.end());
    const std::string whole = emitted.replies.at(0);
    const Value choices = Value(whole)["choices"];
    EXPECT_EQ(choices.at(0)["message"]["content"].string(), "a");
    EXPECT_EQ(choices.at(1)["message"]["content"].string(), "b");
    EXPECT_EQ(choices.at(2)["message"]["refusal"].string(), "no");
    EXPECT_EQ(choices.at(2)["message"]["content"].kind(), bw::json::Kind::null);
    EXPECT_EQ(choices.at(2)["finish_reason"].string(), "content_filter");
}

TEST_F(ChatReply, SendsTheRoleWhereNothingWasSaid) {
    Reply to = reply(true);
    to.finish(Finish::content_filter);
    EXPECT_THAT(deltas(), ElementsAre(R"({"role":"assistant","content":""} content_filter)"));
}

TEST_F(ChatReply, TakesNothingOfAChoiceThatHasFinished) {
    Reply to = reply(true);
    to.text("a").finish(Finish::stop);
    const std::size_t chunks = emitted.chunks.size();
    to.text("b").reasoning("c").tool_call("", "f", "{}").finish(Finish::length);
    EXPECT_EQ(emitted.chunks.size(), chunks);
}

TEST_F(ChatReply, JoinsCharactersThatAreCut) {
    Reply to = reply(true);
    to.text("a\xE0").text("\xB8").text("\x81z").text("\xF0\x9F").finish(Finish::stop);
    EXPECT_THAT(deltas(), ElementsAre(R"({"role":"assistant","content":"a"})",
                                      "{\"content\":\"\xE0\xB8\x81z\"}",
                                      "{\"content\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}", "{} stop"))
        << "what is never whole is replaced";
}

TEST_F(ChatReply, KeepsItsIdAndTimeOnceAChunkIsOut) {
    Reply to = reply(true);
    to.id("").model("n").text("a").id("later").model("later").created(std::chrono::seconds(9));
    to.text("b");
    for (const std::string& chunk : emitted.chunks) {
        EXPECT_EQ(Value(chunk)["id"].string(), "r");
        EXPECT_EQ(Value(chunk)["model"].string(), "n");
        EXPECT_EQ(Value(chunk)["created"].integer(), 5);
    }
}

TEST_F(ChatReply, TakesWhatWasAskedFromTheRequest) {
    struct Asked {
        bool stream() const { return false; }
        std::string_view id() const { return "7"; }
        std::string_view model() const { return "m"; }
    };
    Reply to(Sink{&emitted}, Asked(), std::chrono::milliseconds(9'500));
    to.finish(Finish::stop);
    ASSERT_TRUE(to.end());
    const Value whole(emitted.replies.at(0));
    EXPECT_EQ(whole["id"].string(), "chatcmpl-7");
    EXPECT_EQ(whole["created"].integer(), 9);
}

TEST_F(ChatReply, LeavesOutWhatGoesBeyondItsBounds) {
    Reply to = reply(false);
    for (int i = 0; i < 1000; ++i) to.tool_call("", "f", "").text("x", i).text("x", -1 - i);
    EXPECT_EQ(to.tool_calls(), 128u);
    for (int i = 0; i < 1000; ++i) to.finish(Finish::stop, i);
    ASSERT_TRUE(to.end());
    const std::string whole = emitted.replies.at(0);
    EXPECT_EQ(Value(whole)["choices"].at(127)["index"].integer(), 127);
    EXPECT_EQ(Value(whole)["choices"].at(128).kind(), bw::json::Kind::missing);
}

// ---- events by chance ------------------------------------------------------------------------

struct Event {
    unsigned kind;
    std::string piece;
    std::int64_t choice;
};

std::string random_piece(std::mt19937& random) {
    constexpr std::string_view k_bytes = "ab\"\\\n\x01{}:\xE0\xB8\x81\xF0\x9F\x98\x80\xFF";
    std::string out;
    for (auto left = random() % 6; left > 0; --left) out += k_bytes[random() % k_bytes.size()];
    return out;
}

void tell(Reply& to, const Event& event) {
    bw::Usage usage;
    switch (event.kind) {
        case 0:
        case 1: to.text(event.piece, event.choice); break;
        case 2: to.reasoning(event.piece, event.choice); break;
        case 3: to.refusal(event.piece, event.choice); break;
        case 4: to.tool_call_begin(event.piece, "f" + event.piece, event.choice); break;
        case 5:
        case 6: to.tool_call_arguments(event.piece, event.choice); break;
        case 7: to.tool_call_arguments_of(0, event.piece, event.choice); break;
        case 8:
            usage.input = static_cast<std::int64_t>(event.piece.size());
            usage.output = event.choice;
            to.usage(usage);
            break;
        default:
            if (event.piece.size() == 5) to.finish(Finish::stop, event.choice);
    }
}

// What both forms must agree in.
std::string meaning(std::string_view reply) {
    std::string out;
    const Value choices = Value(reply)["choices"];
    for (std::size_t index = 0; index < 3; ++index) {
        for (const Value& choice : choices.elements()) {
            if (choice["index"].integer() != static_cast<std::int64_t>(index)) continue;
            const Value message = choice["message"];
            for (const char* const name : {"content", "reasoning_content", "refusal"}) {
                out += message[name].string() + "|";
            }
            for (const Value& call : message["tool_calls"].elements()) {
                out += call["id"].string() + "," + call["function"]["name"].string() + "," +
                       call["function"]["arguments"].string() + ";";
            }
            out += choice["finish_reason"].string() + "\n";
        }
    }
    return out;
}

TEST_F(ChatReply, SaysTheSameAsAStreamAndAsAWhole) {
    std::mt19937 random(3);
    for (int round = 0; round < 1500; ++round) {
        emitted = {};
        std::vector<Event> events;
        for (auto left = random() % 60; left > 0; --left) {
            events.push_back({static_cast<unsigned>(random() % 10), random_piece(random),
                              static_cast<std::int64_t>(random() % 3)});
        }
        for (const bool stream : {true, false}) {
            Reply to = reply(stream);
            for (const Event& event : events) tell(to, event);
            for (std::int64_t choice = 0; choice < 3; ++choice) to.finish(Finish::stop, choice);
            ASSERT_TRUE(to.end());
        }
        bw::openai::Folder folder(true);
        for (const std::string& chunk : emitted.chunks) {
            ASSERT_TRUE(bw::json::valid(chunk)) << chunk;
            folder.add(chunk);
        }
        ASSERT_EQ(emitted.replies.size(), 1u);
        ASSERT_TRUE(bw::json::valid(emitted.replies[0])) << emitted.replies[0];
        ASSERT_EQ(meaning(folder.reply()), meaning(emitted.replies[0])) << "round " << round;
    }
}

TEST_F(ChatReply, WhatTheVendorWantsBackStandsWithTheCall) {
    const std::string extra = R"({"google":{"thought_signature":"c2ln"}})";
    for (const bool stream : {false, true}) {
        emitted = {};
        Reply made = reply(stream);
        made.tool_call("a", "f", "{}", 0, extra).tool_call("b", "g", "{}");
        made.finish(Finish::stop);
        ASSERT_TRUE(made.end());
        const Value choice =
            Value(stream ? emitted.chunks.front() : emitted.replies.front())["choices"].at(0);
        const Value calls = choice[stream ? "delta" : "message"]["tool_calls"];
        EXPECT_EQ(calls.at(0)["extra_content"].raw(), extra);
        const Value second =
            stream ? Value(emitted.chunks[2])["choices"].at(0)["delta"]["tool_calls"].at(0)
                   : calls.at(1);
        EXPECT_EQ(second["id"].string(), "b");
        EXPECT_FALSE(second["extra_content"]);
    }
}

TEST_F(ChatReply, TellsDetailsOfTheReasoningAsTheyAre) {
    constexpr const char* k_detail = R"({"type":"reasoning.text","signature":"s"})";
    for (const bool stream : {false, true}) {
        Emitted told;
        Reply reply({&told}, stream);
        reply.reasoning("hm").reasoning_detail(k_detail).reasoning_detail("{}").text("a");
        reply.finish(Finish::stop);
        EXPECT_TRUE(reply.end());
        if (stream) {
            const Value delta = Value(told.chunks.at(1))["choices"].at(0)["delta"];
            EXPECT_EQ(delta.raw(), "{\"reasoning_details\":[" + std::string(k_detail) + "]}");
        } else {
            const Value message = Value(told.replies.at(0))["choices"].at(0)["message"];
            EXPECT_EQ(message["reasoning_details"].raw(), "[" + std::string(k_detail) + ",{}]");
        }
    }
}

}  // namespace
