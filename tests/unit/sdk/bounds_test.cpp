// Answers of far more than anyone asks for: refused, or made into no more than they are.
#include <bellwether/openai_compatible.hpp>
#include <functional>
#include <string>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using bw::openai::k_choices_max;
using bw::openai::k_members_max;
using bw::openai::k_tool_calls_max;

using Item = std::function<std::string(const std::string& number)>;

std::string list(std::size_t count, const Item& item, const char* between = ",") {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += (i == 0 ? "" : between) + item(std::to_string(i));
    return out;
}

std::string reply_of(const std::string& choices) {
    return R"({"id":"c","object":"chat.completion","choices":[)" + choices + "]}";
}
std::string whole_choice(const std::string& number) {
    return R"({"index":)" + number +
           R"(,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"})";
}
std::string with_calls(std::size_t count) {
    const auto call = [](const std::string& number) {
        return R"({"id":"c)" + number + R"(","function":{"name":"f","arguments":"{}"}})";
    };
    return reply_of(R"({"index":0,"message":{"tool_calls":[)" + list(count, call) +
                    R"(]},"finish_reason":"tool_calls"})");
}
std::string event(const std::string& choices) {
    return R"(data: {"choices":[)" + choices + "]}\n\n";
}
std::string delta(const std::string& members, const std::string& choice = "0") {
    return event(R"({"index":)" + choice + R"(,"delta":{)" + members +
                 R"(},"finish_reason":"stop"})");
}

class Bounds : public PluginTest {
  protected:
    Bounds() : PluginTest("openai") {}

    std::string code(const Asked& asked, const std::string& body) {
        const Result result = call(asked, {200, {}, body});
        if (result.ok()) return "ok";
        EXPECT_EQ(result.error->status, BW_E_PROTOCOL);
        return result.error->code;
    }
};

TEST_F(Bounds, ChoicesOfAReply) {
    for (const Asked& asked : {complete(), streaming()}) {
        EXPECT_EQ(code(asked, reply_of(list(k_choices_max, whole_choice))), "ok");
        EXPECT_EQ(code(asked, reply_of(list(k_choices_max + 1, whole_choice))),
                  "upstream_too_large");
    }
}

TEST_F(Bounds, ToolCallsOfAReply) {
    for (const Asked& asked : {complete(), streaming()}) {
        EXPECT_EQ(code(asked, with_calls(k_tool_calls_max)), "ok");
        EXPECT_EQ(code(asked, with_calls(k_tool_calls_max + 1)), "upstream_too_large");
    }
    const Result result = call(streaming(), {200, {}, with_calls(k_tool_calls_max)});
    const Value first(result.emitted.at(0).json);
    const Value calls = first["choices"].at(0)["delta"]["tool_calls"];
    EXPECT_EQ(calls.at(k_tool_calls_max - 1)["index"].raw(), "4095");
    EXPECT_EQ(calls.at(k_tool_calls_max - 1)["type"].string(), "function");
}

TEST_F(Bounds, ChoicesAndToolCallsOfAStreamThatBecomesAReply) {
    const Item choice = [](const std::string& n) { return delta(R"("content":"a")", n); };
    const Item tool = [](const std::string& n) {
        return delta(R"("tool_calls":[{"index":)" + n + R"(,"id":"a)" + n +
                     R"(","function":{"name":"f","arguments":"{}"}}])");
    };
    for (const Item& item : {choice, tool}) {
        EXPECT_EQ(code(complete(), list(4096, item, "")), "ok");
        EXPECT_EQ(code(complete(), list(4097, item, "")), "upstream_too_large");
    }
}

// Every one is there, in the order in which they came, however they are found.
TEST_F(Bounds, MembersOfAStreamThatBecomesAReply) {
    const auto text = [](const std::string& n) { return "\"m" + n + R"(":"a")"; };
    const std::string many = delta(list(2000, text));
    const std::string reply = call(complete(), {200, {}, many + many}).reply();
    std::size_t next = 0;
    for (const auto& member : Value(reply)["choices"].at(0)["message"].members()) {
        if (member.raw_key().front() != 'm') continue;
        EXPECT_EQ(member.raw_key(), "m" + std::to_string(next++));
        EXPECT_EQ(member.value().raw(), "\"aa\"");
    }
    EXPECT_EQ(next, 2000u);
    const std::string names = list(k_members_max + 1, text);
    EXPECT_EQ(code(complete(), delta(names)), "upstream_too_large");
    EXPECT_EQ(code(complete(), delta("\"audio\":{" + names + "}")), "upstream_too_large");
    EXPECT_EQ(code(complete(), delta("\"tool_calls\":[{\"index\":0," + names + "}]")),
              "upstream_too_large");
}

// Objects are joined as deep as any come in pieces; what is deeper stays as it came last.
TEST_F(Bounds, DepthOfWhatIsJoined) {
    const auto nested = [](int depth, const std::string& text) {
        std::string out = text;
        for (int i = 0; i < depth; ++i) out = "{\"a\":" + out + "}";
        return "\"x\":" + out;
    };
    const auto joined = [&](int depth) {
        const std::string reply =
            call(complete(),
                 {200, {}, delta(nested(depth, R"("b")")) + delta(nested(depth, R"("c")"))})
                .reply();
        return reply.find("\"bc\"") != std::string::npos;
    };
    EXPECT_TRUE(joined(8));
    EXPECT_FALSE(joined(60));
}

TEST_F(Bounds, ToolCallsOfOneEventAndStraysOfAStream) {
    const Item fragment = [](const std::string& n) { return "{\"index\":" + n + "}"; };
    const auto calls = [&](std::size_t count) {
        return delta("\"tool_calls\":[" + list(count, fragment) + "]");
    };
    EXPECT_EQ(code(streaming(), calls(4096)), "ok");
    EXPECT_EQ(code(streaming(), calls(4097)), "upstream_too_large");
    EXPECT_EQ(code(streaming(), calls(4000) + calls(4000)), "upstream_too_large");
    EXPECT_EQ(code(streaming(), calls(200) + list(
                                                 100, [&](const auto&) { return calls(200); }, "")),
              "ok");
}

// Of a reply that becomes a stream, the chunks after the first have only what tells them apart.
TEST_F(Bounds, ALargeHeadIsNotRepeatedWithEachChunk) {
    const std::string large = R"({"id":"c","created":7,"x":")" + std::string(100'000, 'x') +
                              R"(","choices":[)" + list(50, whole_choice) + "]}";
    const Result result = call(streaming(), {200, {}, large});
    ASSERT_EQ(result.emitted.size(), 100u);
    std::size_t bytes = 0;
    for (const Emitted& chunk : result.emitted) {
        bytes += chunk.json.size();
        EXPECT_EQ(Value(chunk.json)["id"].string(), "c");
        EXPECT_EQ(Value(chunk.json)["created"].raw(), "7");
        EXPECT_EQ(Value(chunk.json)["object"].string(), "chat.completion.chunk");
    }
    EXPECT_LT(bytes, 2 * large.size());
    EXPECT_EQ(Value(result.emitted.at(0).json)["x"].string().size(), 100'000u);
}

// One member in place of a thousand of its name: the text never grows by more than that one.
TEST_F(Bounds, AMemberThatStandsManyTimesIsWrittenOnce) {
    const std::string twice = "{" + list(1000, [](const auto&) { return R"("a":1)"; }) + "}";
    const std::string value = "\"" + std::string(1000, 'v') + "\"";
    EXPECT_EQ(bw::json::with_member(twice, "a", value), "{\"a\":" + value + "}");
    const std::string usages =
        list(1000, [](const auto&) { return R"("usage":{"input_tokens":1})"; });
    const std::string reply = "{" + usages + "," + reply_of(whole_choice("0")).substr(1);
    EXPECT_LT(call(complete(), {200, {}, reply}).reply().size(), reply.size());
}

// A half of a character in each of many choices: what is kept of their event is small.
TEST_F(Bounds, HalvesOfCharactersUnderLongNames) {
    const std::string name(100'000, 'n');
    const std::string half =
        R"({"id":")" + name + R"(","created":7,"choices":[)" +
        list(64,
             [](const std::string& n) {
                 return R"({"index":)" + n + R"(,"delta":{"content":"a)" + "\xE2\x82\"}}";
             }) +
        "]}";
    const std::string rest = R"({"choices":[{"index":0,"delta":{"content":")"
                             "\xAC"
                             R"(","other":{")" +
                             name + R"(":[)" + list(20'000, [](const auto&) { return "\"b\""; }) +
                             ",NaN]}}}]}";
    const Result result = call(
        streaming(), {200, {}, "data: " + half + "\n\ndata: " + rest + "\n\ndata: [DONE]\n\n"});
    EXPECT_TRUE(result.ok());
    EXPECT_NE(result.emitted.at(1).json.find("\xE2\x82\xAC"), std::string::npos);
    ASSERT_EQ(result.emitted.size(), 2u + 63u);  // the others have not got their second half
    EXPECT_LT(result.emitted.back().json.size(), 200u);
    EXPECT_EQ(Value(result.emitted.back().json)["created"].raw(), "7");
}

TEST_F(Bounds, ATextTooLongForAnErrorHasNoWords) {
    const auto error = [](std::size_t bytes) {
        return R"({"error":{"message":"no","x":")" + std::string(bytes, 'x') + "\"}}";
    };
    EXPECT_EQ(bw::openai::read_error(error(10)).message, "no");
    EXPECT_FALSE(bw::openai::read_error(error(bw::openai::k_error_bytes_max)).found);
    const Result result = call(complete(), {200, {}, error(bw::openai::k_error_bytes_max)});
    EXPECT_EQ(result.error.value().status, BW_E_UPSTREAM);
}

TEST(Table, FindsFewAndMany) {
    bw::openai::detail::Table<std::string, int> table;
    for (int i = 0; i < 100; ++i) {
        table["k" + std::to_string(i)] = i;
        EXPECT_EQ(table.size(), static_cast<std::size_t>(i) + 1);
        EXPECT_EQ(*table.find("k0"), 0);
        EXPECT_EQ(*table.find("k" + std::to_string(i)), i);
        EXPECT_EQ(table.find("other"), nullptr);
    }
    int next = 0;
    for (const auto& [key, item] : table) EXPECT_EQ(item, next++);
    table.clear();
    EXPECT_EQ(table.find("k0"), nullptr);
}

}  // namespace
