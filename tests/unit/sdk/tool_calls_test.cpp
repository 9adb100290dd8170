// Tool calls: what upstreams repeat, leave empty or leave out is mended, and nothing else is
// touched.
#include <bellwether/openai_compatible.hpp>
#include <regex>
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using Chunks = std::vector<std::string>;

std::string calls(const std::string& fragments, int choice = 0) {
    return R"({"id":"c1","choices":[{"delta":{"content":null,"tool_calls":)" + fragments +
           R"(,"x":[ 1.50 ]},"finish_reason":null,"index":)" + std::to_string(choice) + "}]}";
}

// Made-up ids as "call_#".
std::string without_ids(const std::string& text) {
    static const std::regex made_up("\"call_[0-9a-v]{24}\"");
    return std::regex_replace(text, made_up, "\"call_#\"");
}

class ToolCalls : public PluginTest {
  protected:
    ToolCalls() : PluginTest("openai") {}

    // The chunks that the client gets for those of the upstream.
    Chunks relayed(const Chunks& chunks) {
        std::string body;
        for (const std::string& chunk : chunks) body += "data: " + chunk + "\n\n";
        const Result result = call(streaming(), {200, {}, body + "data: [DONE]\n\n"});
        EXPECT_TRUE(result.ok());
        return result.chunks();
    }
    // The same of arrays of fragments, all in one choice.
    Chunks mended(const Chunks& arrays) {
        Chunks chunks;
        for (const std::string& array : arrays) chunks.push_back(calls(array));
        Chunks out = relayed(chunks);
        for (std::string& chunk : out) {
            const Value delta = Value(chunk)["choices"].at(0)["delta"];
            const std::string array(delta["tool_calls"].raw());
            EXPECT_EQ(chunk, calls(array));  // all around it is as it was
            chunk = without_ids(array);
        }
        return out;
    }
};

TEST_F(ToolCalls, GoodOnesAreRelayedByteForByte) {
    const Chunks good = {
        R"([ {"index": 0, "id":"call_9","type":"function","function":{"name":"f","arguments":""}} ])",
        R"([{"index":0,"function":{"arguments":"{\"city\":"}}])",
        R"([{"index":1,"id":"call_8","type":"custom","custom":{"name":"g","input":""},"y": 1}])",
        R"([{"index":0,"function":{ "arguments":"\"BKK\"}"}}])",
        "[]",
        "null"};
    EXPECT_EQ(mended(good), good);
}

TEST_F(ToolCalls, RepeatedNamesReachTheClientOnce) {
    const std::string repeated =
        R"([{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"a"}}])";
    EXPECT_EQ(mended({repeated, repeated, repeated}),
              (Chunks{repeated, R"([{"index":0,"function":{"arguments":"a"}}])",
                      R"([{"index":0,"function":{"arguments":"a"}}])"}));
}

TEST_F(ToolCalls, EmptyAndNullNamesGo) {
    EXPECT_EQ(
        mended({R"([{"id":"","function":{"arguments":"","name":""},"index":0,"type":"function"}])",
                R"([{"id":null,"function":{"name":"f"},"index":0,"type":""}])",
                R"([{ "id":"a", "type":null , "index":0,"function":{"name":null,"z":1}}])",
                R"([{"id":"", "type":"","index":0}])", R"([{"id":"","index":0,"type":null}])"}),
        (Chunks{R"([{"id":"call_#","function":{"arguments":""},"index":0,"type":"function"}])",
                R"([{"function":{"name":"f"},"index":0}])", R"([{ "index":0,"function":{"z":1}}])",
                R"([{"index":0}])", R"([{"index":0}])"}));
}

TEST_F(ToolCalls, ParallelCallsInterleaved) {
    EXPECT_EQ(
        mended({R"([{"index":0,"id":"a","type":"function","function":{"name":"f"}},)"
                R"({"index":1,"id":"b","type":"function","function":{"name":"f"}}])",
                R"([{"index":1,"id":"b","function":{"name":"f","arguments":"1"}}])",
                R"([{"index":0,"id":"","function":{"name":"","arguments":"0"}},)"
                R"({"index":2,"id":"c","type":"function","function":{"name":"g"}}])",
                R"([{"index":2,"id":"c","function":{"arguments":"2"}},{"index":0,"id":"a"}])"}),
        (Chunks{R"([{"index":0,"id":"a","type":"function","function":{"name":"f"}},)"
                R"({"index":1,"id":"b","type":"function","function":{"name":"f"}}])",
                R"([{"index":1,"function":{"arguments":"1"}}])",
                R"([{"index":0,"function":{"arguments":"0"}},)"
                R"({"index":2,"id":"c","type":"function","function":{"name":"g"}}])",
                R"([{"index":2,"function":{"arguments":"2"}},{"index":0}])"}));
}

TEST_F(ToolCalls, ChoicesAreApart) {
    const std::string first = R"([{"index":0,"id":"a","type":"function","function":{"name":"f"}}])";
    EXPECT_EQ(relayed({calls(first, 0), calls(first, 1), calls(first, 0)}),
              (Chunks{calls(first, 0), calls(first, 1), calls(R"([{"index":0,"function":{}}])")}));
}

TEST_F(ToolCalls, MissingIndexAndTypeAreSupplied) {
    EXPECT_EQ(mended({R"([{"id":"a","function":{"name":"f"}},{ "id":"b","index":null}])",
                      R"([{"id":"a","function":{"arguments":"0"}}])",
                      R"([{"function":{"arguments":"1"}}])", R"([{"index":5,"id":"c"},{},{}])",
                      R"([{"id":"d"},{"index":"x","id":"d"}])"}),
              (Chunks{R"([{"index":0,"type":"function","id":"a","function":{"name":"f"}},)"
                      R"({"type":"function", "id":"b","index":1}])",
                      R"([{"index":0,"function":{"arguments":"0"}}])",
                      R"([{"index":1,"function":{"arguments":"1"}}])",
                      R"([{"type":"function","index":5,"id":"c"},{"index":1},)"
                      R"({"index":2,"id":"call_#","type":"function"}])",
                      R"([{"index":6,"type":"function","id":"d"},{"index":6}])"}));
    EXPECT_EQ(mended({"[{}]", R"([{"id":""}])"}),
              (Chunks{R"([{"index":0,"id":"call_#","type":"function"}])", R"([{"index":0}])"}));
}

TEST_F(ToolCalls, ArgumentsAreNobodysBusiness) {
    const std::string odd = R"("arguments":"{\"id\":\"\",\u0000 not, JSON ]\\\"ก")";
    const std::string object = R"("arguments": {"name":"","id":""})";
    EXPECT_EQ(
        mended({R"([{"index":0,"id":"a","type":"function","function":{"name":"f",)" + odd + "}}]",
                R"([{"index":0,"id":"a","function":{"name":"f",)" + odd + "}}]",
                R"([{"index":0,"id":"a","function":{)" + object + R"(,"name":""}}])"}),
        (Chunks{R"([{"index":0,"id":"a","type":"function","function":{"name":"f",)" + odd + "}}]",
                R"([{"index":0,"function":{)" + odd + "}}]",
                R"([{"index":0,"function":{"arguments": "{\"name\":\"\",\"id\":\"\"}"}}])"}));
}

TEST_F(ToolCalls, TogetherWithTheOtherEdits) {
    config_ = R"({"name":"o","base_url":"https://api.openai.com/v1","rename_reasoning":true})";
    const std::string first =
        R"({"usage":{"prompt_tokens":1},"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","type":"function"}],"reasoning":"r"},"index":0}],"model":"m"})";
    const std::string second =
        R"({"choices":[{"index":0,"delta":{"reasoning":"r","tool_calls":[{"index":0,"type":"function"}]}}],"usage":{"prompt_tokens":1}})";
    Chunks out = relayed({first, second});
    for (std::string& chunk : out) chunk = without_ids(chunk);
    EXPECT_EQ(
        out,
        (Chunks{
            R"({"choices":[{"delta":{"tool_calls":[{"id":"call_#","index":0,"type":"function"}],"reasoning_content":"r"},"index":0}],"model":"m"})",
            R"({"choices":[{"index":0,"delta":{"reasoning_content":"r","tool_calls":[{"index":0}]}}]})"}));
}

TEST_F(ToolCalls, ThatAreNoneAreLeftAlone) {
    const Chunks odd = {R"([1,"x",null,[]])", R"({"index":0,"id":""})", "\"\"", "7"};
    EXPECT_EQ(mended(odd), odd);
    EXPECT_EQ(mended({R"([{"index":9223372036854775807,"id":"a","type":"t","function":null}])",
                      R"([{"id":"b","function":[]}])"}),
              (Chunks{R"([{"index":9223372036854775807,"id":"a","type":"t","function":null}])",
                      R"([{"index":0,"type":"function","id":"b","function":[]}])"}));
}

TEST_F(ToolCalls, ThousandsOfThemTakeNoTime) {
    std::string many;
    for (int i = 0; i < 4'000; ++i) many += ",{\"index\":" + std::to_string(i) + "}";
    const Chunks out = relayed({calls("[" + many.substr(1) + "]")});
    EXPECT_TRUE(bw::json::valid(out.at(0)));
}

TEST_F(ToolCalls, FoldKeepsACallOfOneIdTogether) {
    std::string body;
    for (const char* array : {R"([{"id":"a","function":{"name":"f","arguments":"x"}}])",
                              R"([{"id":"a","function":{"name":"f","arguments":"y"}}])",
                              R"([{"id":"b","function":{"name":"g","arguments":"z"}}])"}) {
        body += "data: " + calls(array) + "\n\n";
    }
    const Result result = call(complete(), {200, {}, body + "data: [DONE]\n\n"});
    const std::string reply = result.reply();
    EXPECT_EQ(Value(reply)["choices"].at(0)["message"]["tool_calls"].raw(),
              R"([{"id":"a","type":"function","function":{"name":"f","arguments":"xy"}},)"
              R"({"id":"b","type":"function","function":{"name":"g","arguments":"z"}}])");
}

TEST_F(ToolCalls, OfACompleteReplyHaveAllThatClientsNeed) {
    const auto reply = [](const std::string& calls) {
        return R"({"choices":[{"index":0,"message":{"tool_calls":[)" + calls +
               R"(]},"finish_reason":"tool_calls"}]})";
    };
    const std::string good =
        R"({"id":"a","type":"function","function":{"name":"f","arguments":"{}"}})";
    EXPECT_EQ(call(complete(), {200, {}, reply(good)}).reply(), reply(good));
    const std::string odd =
        R"({"id":"","type":null,"function":{"name":"f"}},{"function":{"arguments":{"city":"A"}}},)"
        R"({"id":7,"type":"function","function":{"arguments":null}},{"custom":{"name":"g"}})";
    const std::string mended =
        R"({"id":"call_#","type":"function","function":{"arguments":"{}","name":"f"}},)"
        R"({"id":"call_#","type":"function","function":{"arguments":"{\"city\":\"A\"}"}},)"
        R"({"id":"7","type":"function","function":{"arguments":"{}"}},)"
        R"({"id":"call_#","type":"custom","custom":{"name":"g"}})";
    const std::string got = call(complete(), {200, {}, reply(odd)}).reply();
    EXPECT_EQ(without_ids(got), reply(mended));
    const Value calls = Value(got)["choices"].at(0)["message"]["tool_calls"];
    EXPECT_NE(calls.at(0)["id"].string(), calls.at(1)["id"].string());
    // The same where the client wants a stream.
    const std::string first = call(streaming(), {200, {}, reply(odd)}).chunks().at(0);
    const Value unfolded = Value(first)["choices"].at(0)["delta"]["tool_calls"];
    EXPECT_EQ(unfolded.at(0)["id"].raw(), calls.at(0)["id"].raw());
    EXPECT_EQ(unfolded.at(1)["index"].integer(), 1);
    EXPECT_EQ(unfolded.at(1)["function"]["arguments"].string(), R"({"city":"A"})");
}

// What is told apart by its id alone, as by those that give every parallel call the index 0.
TEST_F(ToolCalls, AnIndexUsedAgainWithAnotherIdIsAnotherCall) {
    EXPECT_EQ(
        mended(
            {R"([{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}])",
             R"([{"index":0,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}])",
             R"([{"index":0,"id":"a","function":{"arguments":"}"}}])",
             R"([{"index":0,"id":"b","function":{"arguments":"}"}}])",
             R"([{"index":0,"function":{"arguments":" "}}])",
             R"([{"index":1,"id":"c","type":"function","function":{"name":"h"}}])",
             R"([{"index":1,"function":{"arguments":"1"}}])"}),
        (Chunks{
            R"([{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}])",
            R"([{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}])",
            R"([{"index":0,"function":{"arguments":"}"}}])",
            R"([{"index":1,"function":{"arguments":"}"}}])",
            R"([{"index":1,"function":{"arguments":" "}}])",
            R"([{"index":2,"id":"c","type":"function","function":{"name":"h"}}])",
            R"([{"index":2,"function":{"arguments":"1"}}])"}));
}

TEST_F(ToolCalls, ParallelCallsWithoutIdsBeginWhereTheLastOnesArgumentsEnd) {
    const std::string one = R"("function":{"name":"f","arguments":"{\"a\":\"}\"}"}}])";
    EXPECT_EQ(mended({R"([{"index":0,"id":"","type":"function",)" + one,
                      R"([{"index":0,"id":"","type":"function",)" + one,
                      R"([{"type":"function",)" + one}),
              (Chunks{R"([{"id":"call_#","index":0,"type":"function",)" + one,
                      R"([{"id":"call_#","index":1,"type":"function",)" + one,
                      R"([{"index":2,"id":"call_#","type":"function",)" + one}));
}

TEST_F(ToolCalls, AnotherIdForEveryFragmentIsOneCall) {
    EXPECT_EQ(
        mended(
            {R"([{"index":0,"id":"r1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}])",
             R"([{"index":0,"id":"r2","function":{"name":null,"arguments":"1"}}])",
             R"([{"index":0,"id":"r3","function":{"arguments":"}"}}])"}),
        (Chunks{
            R"([{"index":0,"id":"r1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}])",
            R"([{"index":0,"function":{"arguments":"1"}}])",
            R"([{"index":0,"function":{"arguments":"}"}}])"}));
}

TEST_F(ToolCalls, AMadeUpIdStaysThoughTheUpstreamsComesLate) {
    const Chunks out =
        relayed({calls(R"([{"index":0,"function":{"name":"f","arguments":""}}])"),
                 calls(R"([{"index":0,"id":"late","function":{"arguments":"{"}}])"),
                 calls(R"([{"index":0,"id":"late","function":{"arguments":"}"}}])")});
    int ids = 0;
    for (const std::string& chunk : out) {
        const Value fragment = Value(chunk)["choices"].at(0)["delta"]["tool_calls"].at(0);
        EXPECT_EQ(fragment["index"].integer(), 0);
        ids += fragment["id"] ? 1 : 0;
    }
    EXPECT_EQ(ids, 1);
}

TEST_F(ToolCalls, NumbersAsIdsAndTextsAsIndexes) {
    EXPECT_EQ(mended({R"([{"index":"0","id":41,"type":"function","function":{"name":"f"}}])",
                      R"([{"index":"1","id":42,"type":"function","function":{"name":"f"}}])",
                      R"([{"index":"0","id":41,"function":{"arguments":"x"}}])"}),
              (Chunks{R"([{"index":0,"id":"41","type":"function","function":{"name":"f"}}])",
                      R"([{"index":1,"id":"42","type":"function","function":{"name":"f"}}])",
                      R"([{"index":0,"function":{"arguments":"x"}}])"}));
}

// Clients add a conversation up from several answers.
TEST_F(ToolCalls, MadeUpIdsOfTwoAnswersDiffer) {
    const std::string body =
        "data: " + calls(R"([{"index":0,"function":{"name":"f"}}])") + "\n\ndata: [DONE]\n\n";
    const auto id = [&](const std::string& request) {
        Asked asked = streaming();
        asked.id = request;
        const std::string chunk = call(asked, {200, {}, body}).chunks().at(0);
        return Value(chunk)["choices"].at(0)["delta"]["tool_calls"].at(0)["id"].string();
    };
    const std::string first = id("req-1");
    EXPECT_EQ(first.substr(0, 5), "call_");
    EXPECT_NE(first, id("req-2"));
    host.now_ms += 1;
    EXPECT_NE(first, id("req-1"));
}

TEST_F(ToolCalls, OfAFoldedStreamAreMendedLikewise) {
    std::string body;
    for (const char* array :
         {R"([{"index":0,"id":"","function":{"name":"f","arguments":{"city":"A"}}}])",
          R"([{"index":0,"id":"b","function":{"name":"g","arguments":"{"}}])",
          R"([{"index":0,"id":"b","function":{"name":"g","arguments":"}"}}])",
          R"([{"index":1,"id":"c","type":"custom","custom":{"name":"h","input":"x"}}])",
          R"([{"index":1,"custom":{"input":"y"}}])"}) {
        body += "data: " + calls(array) + "\n\n";
    }
    const std::string reply = call(complete(), {200, {}, body + "data: [DONE]\n\n"}).reply();
    EXPECT_EQ(
        without_ids(std::string(Value(reply)["choices"].at(0)["message"]["tool_calls"].raw())),
        R"([{"id":"call_#","type":"function","function":{"name":"f","arguments":"{\"city\":\"A\"}"}},)"
        R"({"id":"b","type":"function","function":{"name":"g","arguments":"{}"}},)"
        R"({"id":"c","type":"custom","custom":{"name":"h","input":"xy"}}])");
}

TEST_F(ToolCalls, TheOlderFormOfOneFunction) {
    const auto legacy = [](const std::string& call) {
        return R"({"choices":[{"index":0,"delta":{"function_call":)" + call + "}}]}";
    };
    EXPECT_EQ(relayed({legacy(R"({"name":"f","arguments":"{"})"),
                       legacy(R"({"name":"f","arguments":"}"})")}),
              (Chunks{legacy(R"({"name":"f","arguments":"{"})"), legacy(R"({"arguments":"}"})")}));
    EXPECT_EQ(relayed({legacy(R"({"name":"f","arguments":{"a":1}})")}),
              (Chunks{legacy(R"({"name":"f","arguments":"{\"a\":1}"})")}));
    const std::string body = "data: " + legacy(R"({"name":"f","arguments":"{"})") +
                             "\n\ndata: " + legacy(R"({"name":"f","arguments":"}"})") +
                             "\n\ndata: [DONE]\n\n";
    const std::string folded = call(complete(), {200, {}, body}).reply();
    EXPECT_EQ(Value(folded)["choices"].at(0)["message"]["function_call"].raw(),
              R"({"name":"f","arguments":"{}"})");
    const std::string whole =
        R"({"choices":[{"index":0,"message":{"function_call":{"name":"f","arguments":{}}}}]})";
    const std::string got = call(complete(), {200, {}, whole}).reply();
    EXPECT_EQ(Value(got)["choices"].at(0)["message"]["function_call"]["arguments"].raw(), "\"{}\"");
}

}  // namespace
