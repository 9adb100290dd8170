// Streamed tool calls: what upstreams repeat, leave empty or leave out is mended, and nothing else
// is touched.
#include <bellwether/openai_compatible.hpp>
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
            chunk = array;
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
        (Chunks{R"([{"function":{"arguments":""},"index":0,"type":"function"}])",
                R"([{"function":{"name":"f"},"index":0}])",
                R"([{ "id":"a" , "index":0,"function":{"z":1}}])", R"([{"index":0}])",
                R"([{"index":0}])"}));
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
                      R"({"index":2,"type":"function"}])",
                      R"([{"index":6,"type":"function","id":"d"},{"index":6}])"}));
    EXPECT_EQ(mended({"[{}]", R"([{"id":""}])"}),
              (Chunks{R"([{"index":0,"type":"function"}])", R"([{"index":0}])"}));
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
                R"([{"index":0,"function":{)" + object + "}}]"}));
}

TEST_F(ToolCalls, TogetherWithTheOtherEdits) {
    config_ = R"({"name":"o","base_url":"https://api.openai.com/v1","rename_reasoning":true})";
    const std::string first =
        R"({"usage":{"prompt_tokens":1},"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","type":"function"}],"reasoning":"r"},"index":0}],"model":"m"})";
    const std::string second =
        R"({"choices":[{"index":0,"delta":{"reasoning":"r","tool_calls":[{"index":0,"type":"function"}]}}],"usage":{"prompt_tokens":1}})";
    EXPECT_EQ(
        relayed({first, second}),
        (Chunks{
            R"({"choices":[{"delta":{"tool_calls":[{"index":0,"type":"function"}],"reasoning_content":"r"},"index":0}],"model":"m"})",
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
    for (int i = 0; i < 20'000; ++i) many += ",{\"index\":" + std::to_string(i) + "}";
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

TEST_F(ToolCalls, OfACompleteReplyKeepAllTheyHave) {
    const std::string reply =
        R"({"choices":[{"index":0,"message":{"tool_calls":[{"id":"","type":null,"function":{"name":""}}]},"finish_reason":"tool_calls"}]})";
    EXPECT_EQ(call(complete(), {200, {}, reply}).reply(), reply);
    const std::string first = call(streaming(), {200, {}, reply}).chunks().at(0);
    const Value delta = Value(first)["choices"].at(0)["delta"];
    EXPECT_EQ(delta["tool_calls"].raw(),
              R"([{"id":"","type":"function","function":{"name":""},"index":0}])");
}

}  // namespace
