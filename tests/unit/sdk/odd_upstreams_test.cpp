// What upstreams send that is no proper answer: as little as possible is lost of it, and what the
// client gets is proper.
#include <bellwether/openai_compatible.hpp>
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using Strings = std::vector<std::string>;

const std::string k_done = "data: [DONE]\n\n";
const std::string k_replacement = "\xEF\xBF\xBD";

std::string event(const std::string& data) { return "data: " + data + "\n\n"; }
std::string chunk(const std::string& delta, const std::string& finish = "null") {
    return R"({"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":)" + delta +
           R"(,"finish_reason":)" + finish + "}]}";
}
std::string says(const std::string& inner) { return chunk(R"({"content":")" + inner + "\"}"); }
std::string whole(const std::string& message, const std::string& more = "") {
    return R"({"choices":[{"index":0,"message":)" + message + R"(,"finish_reason":"stop"}])" +
           more + "}";
}

class OddUpstreams : public PluginTest {
  protected:
    OddUpstreams() : PluginTest("openai") {}

    Result stream(const std::string& body) { return call(streaming(), {200, {}, body}); }
    // The text of a stream that must succeed, with a good chunk before `odd` and one after it;
    // the same if it is folded.
    std::string text_around(const std::string& odd) {
        const std::string body =
            event(says("a")) + odd + event(says("z")) + event(chunk("{}", "\"stop\"")) + k_done;
        const Result streamed = stream(body);
        const Result folded = call(complete(), {200, {}, body});
        EXPECT_TRUE(streamed.ok() && folded.ok()) << odd;
        if (!streamed.ok() || !folded.ok()) return "failed";
        std::string text;
        for (const std::string& one : streamed.chunks()) {
            EXPECT_TRUE(bw::json::valid(one)) << one;
            const Value choice = Value(one)["choices"].at(0);
            text += choice["delta"]["content"].string();
        }
        const std::string reply = folded.reply();
        EXPECT_EQ(Value(reply)["choices"].at(0)["message"]["content"].string(), text);
        return text;
    }
};

TEST_F(OddUpstreams, ChoicesThatAreNoArrayAreNoChunk) {
    for (const char* odd : {R"({"choices":"queued"})", R"({"choices":7})", R"({"choices":{}})",
                            R"({"id":"c","choices":true,"model":"m"})"}) {
        EXPECT_EQ(text_around(event(odd)), "az") << odd;
    }
}

// ---- events that cannot be read --------------------------------------------------------------

TEST_F(OddUpstreams, AnEventThatIsNoObjectCostsNothing) {
    for (const char* odd : {"null", "ping", "\"\"", "\"...\"", "7", "-1.5", "true", "[]", "[1]",
                            "hello", "{\"choices\":[", "{} {}", "<!-- -->", "\\", "\xFF", "{"}) {
        EXPECT_EQ(text_around(event(odd)), "az") << odd;
    }
}

TEST_F(OddUpstreams, AnAnswerOfNothingElseIsAnError) {
    for (const char* odd : {"null", "ping", "\"\"", "{\"choices\":[", "[]"}) {
        for (const std::string& end : {k_done, std::string()}) {
            for (const Asked& asked : {streaming(), complete()}) {
                const Result result = call(asked, {200, {}, event(odd) + end});
                // A cut answer would be BW_E_PROTOCOL, and count as the most it may have been.
                EXPECT_EQ(result.status(), BW_E_UPSTREAM) << odd;
                EXPECT_EQ(result.error.value_or(Failed{}).code, "malformed_chunk") << odd;
                EXPECT_TRUE(result.emitted.empty());
            }
        }
    }
    // All that had content was lost: the role is no answer.
    const std::string role = event(chunk(R"({"role":"assistant","content":""})"));
    const Result hollow =
        stream(role + event("{\"choices\":[{") + event(chunk("{}", "\"stop\"")) + k_done);
    EXPECT_EQ(hollow.error.value_or(Failed{}).code, "malformed_chunk");
}

TEST_F(OddUpstreams, APassedOverEventCompletesNothing) {
    const Result cut = stream(event(says("a")) + "data: {\"choices\":[{\"index\":0,\"finish_rea");
    EXPECT_EQ(cut.status(), BW_E_PROTOCOL);
    EXPECT_EQ(cut.error.value_or(Failed{}).code, "malformed_chunk");
    EXPECT_EQ(stream(event(says("a")) + event("ping")).status(), BW_E_PROTOCOL);
    // [DONE] says so of what was sent, and not of what came.
    const Result lost = stream(event(says("a")) + event("{\"choices\":[{") + k_done);
    EXPECT_EQ(lost.error.value_or(Failed{}).code, "malformed_chunk");
    EXPECT_TRUE(stream(event(says("a")) + event("ping") + k_done).ok());
}

TEST_F(OddUpstreams, AreToldOfOnceAMinuteWithTheirNumber) {
    Instance instance(host, library_.table(), config_);
    const std::string body = event(says("secret")) + event("ping") + event("{\"secret") +
                             event(chunk("{}", "\"stop\"")) + k_done;
    const auto ask = [&] { EXPECT_TRUE(instance.call(streaming(), {200, {}, body}, 0).ok()); };
    ask();
    ask();
    ASSERT_EQ(host.logs.size(), 1u);
    EXPECT_EQ(host.logs[0].second,
              "passed over 1 event that cannot be read, the last of 4 bytes in an answer of \"m\"");
    host.now_ms += 60'000;
    ask();
    ASSERT_EQ(host.logs.size(), 2u);
    EXPECT_EQ(host.logs[1].second.substr(0, 20), "passed over 4 events");
    for (const auto& [level, line] : host.logs) {
        EXPECT_EQ(line.find("secret"), std::string::npos);
    }
}

TEST_F(OddUpstreams, TheEndInOtherWords) {
    const std::string before = event(says("a")) + event(chunk("{}", "\"stop\""));
    for (const char* done : {"\"[DONE]\"", "'[DONE]'", "[done]", "[ DONE ]", "[\"DONE\"]",
                             "\"\\\"[DONE]\\\"\"", "data: [DONE]", "\xEF\xBB\xBF[DONE]"}) {
        const Result result = stream(before + event(done) + event("{\"error\":\"late\"}"));
        EXPECT_TRUE(result.ok()) << done;
        EXPECT_TRUE(result.completed) << done;
    }
    EXPECT_FALSE(stream(event(says("a")) + event("\"DONE, or not\"")).ok());
}

TEST_F(OddUpstreams, EventsDividedBySingleLineEnds) {
    const std::string lines = "data: " + says("b") + "\ndata: " + says("c") + "\n\n";
    EXPECT_EQ(text_around(lines), "abcz");
    // One of them is not even JSON.
    EXPECT_EQ(text_around("data: " + says("b") + "\ndata: ping\ndata: " + says("c") + "\n\n"),
              "abcz");
    EXPECT_EQ(text_around("data: {\ndata: \"choices\": [{\"index\": 0, \"delta\":\n"
                          "data: {\"content\": \"b\"}}]\ndata: }\n\n"),
              "abz");
    EXPECT_EQ(text_around(event("data: " + says("b"))), "abz");
    EXPECT_EQ(text_around(event("[" + says("b") + "," + says("c") + "]")), "abcz");
    const Result all =
        stream("data: " + says("b") + "\ndata: " + chunk("{}", "\"stop\"") + "\ndata: [DONE]\n");
    EXPECT_TRUE(all.ok());
    EXPECT_EQ(all.chunks().size(), 2u);
}

TEST_F(OddUpstreams, ByteOrderMarks) {
    const std::string mark = "\xEF\xBB\xBF";
    EXPECT_EQ(text_around(event(mark + says("b"))), "abz");
    EXPECT_EQ(text_around(mark + event(says("b"))), "abz");
    const std::string reply = whole(R"({"content":"hi"})");
    for (std::size_t cut = 0; cut < 8; ++cut) {
        EXPECT_EQ(call(complete(), {200, {}, mark + " " + reply}, cut).reply(), reply);
        EXPECT_EQ(call(streaming(), {200, {}, mark + reply}, cut).chunks().size(), 2u);
        const Result failed =
            call(complete(), {429, {}, mark + R"({"error":{"message":"slow down"}})"}, cut);
        EXPECT_EQ(failed.status(), BW_E_RATE);
        EXPECT_NE(failed.error->message.find("(slow down)"), std::string::npos);
    }
}

// ---- nearly JSON -----------------------------------------------------------------------------

TEST_F(OddUpstreams, NumbersThatJsonHasNoneFor) {
    const std::string odd =
        R"({"choices":[{"index":0,"delta":{"content":"NaN"},"logprobs":{"content":[{"token":"NaN",)"
        R"("logprob":-Infinity,"top_logprobs":[{"logprob":NaN},{"logprob":Infinity}]}]}}],"x":NaN,)"
        R"("y":[-Infinity , nan],"z":-1.5e3})";
    const std::string mended =
        R"({"choices":[{"index":0,"delta":{"content":"NaN"},"logprobs":{"content":[{"token":"NaN",)"
        R"("logprob":-9999.0,"top_logprobs":[{"logprob":-9999.0},{"logprob":-9999.0}]}]}}],)"
        R"("x":null,"y":[null , null],"z":-1.5e3})";
    EXPECT_EQ(stream(event(odd) + k_done).chunks(), Strings{mended});
    const std::string reply = whole(R"({"content":"a"})", R"(,"score":NaN)");
    EXPECT_EQ(call(complete(), {200, {}, reply}).reply(),
              whole(R"({"content":"a"})", R"(,"score":null)"));
    EXPECT_EQ(call(streaming(), {200, {}, reply}).chunks().size(), 2u);
    Asked asked = complete();
    asked.operation = BW_OP_COMPLETIONS;
    EXPECT_EQ(
        call(
            asked,
            {200,
             {},
             R"({"choices":[{"text":"a","logprobs":{"token_logprobs":[-Infinity],"top_logprobs":[{"a":-inf}]}}]})"})
            .reply(),
        R"({"choices":[{"text":"a","logprobs":{"token_logprobs":[-9999.0],"top_logprobs":[{"a":-9999.0}]}}]})");
    asked.operation = BW_OP_EMBEDDINGS;
    EXPECT_EQ(call(asked, {200, {}, R"({"data":[{"embedding":[NaN,1]}]})"}).reply(),
              R"({"data":[{"embedding":[null,1]}]})");
}

TEST_F(OddUpstreams, BytesThatAreNoCharacter) {
    EXPECT_EQ(text_around(event(says("\xFF"))), "a" + k_replacement + "z");
    EXPECT_EQ(text_around(event(says("b\xF0\x9F"
                                     "c\xC0\x80"))),
              "ab" + k_replacement + "c" + k_replacement + k_replacement + "z");
    EXPECT_EQ(text_around(event(says("\xED\xA0\x80"))),
              "a" + k_replacement + k_replacement + k_replacement + "z");
    const std::string reply = whole("{\"content\":\"\xE0\xB8\"}");
    EXPECT_EQ(call(complete(), {200, {}, reply}).reply(),
              whole("{\"content\":\"" + k_replacement + "\"}"));
}

TEST_F(OddUpstreams, ACharacterSplitOverEventsIsJoined) {
    const std::string sheep = "\xF0\x9F\x90\x91";
    for (std::size_t cut = 1; cut < 4; ++cut) {
        EXPECT_EQ(text_around(event(says("b" + sheep.substr(0, cut))) +
                              event(says(sheep.substr(cut) + "c"))),
                  "ab" + sheep + "cz");
    }
    std::string bytes;
    for (const char c : sheep) bytes += event(says(std::string(1, c)));
    EXPECT_EQ(text_around(bytes), "a" + sheep + "z");
    EXPECT_EQ(text_around(event(says("\\ud83d")) + event(says("\\udc11"))), "a" + sheep + "z");
    // What stands between does not part them, be it a ping or another choice.
    const std::string other = R"({"choices":[{"index":1,"delta":{"content":""}}]})";
    EXPECT_EQ(text_around(event(says("\xF0\x9F")) + event("ping") + event(other) +
                          event(says("\x90\x91"))),
              "a" + sheep + "z");
}

TEST_F(OddUpstreams, HalfACharacterAloneIsReplaced) {
    const std::string lone = "a" + k_replacement + "z";
    EXPECT_EQ(text_around(event(says("\xF0\x9F"))), lone);
    EXPECT_EQ(text_around(event(says("\\ud83d"))), lone);
    EXPECT_EQ(text_around(event(says("\\udc11"))), lone);
    EXPECT_EQ(text_around(event(says("\\ud83dx"))), "a" + k_replacement + "xz");
    EXPECT_EQ(text_around(event(says("\\uD83D\\uD83D\\uDC11"))),
              "a" + k_replacement + "\xF0\x9F\x90\x91z");
    // The answer ends with it.
    const Result end = stream(event(says("a\xF0\x9F")) + event(chunk("{}", "\"stop\"")) + k_done);
    ASSERT_EQ(end.chunks().size(), 3u);
    EXPECT_EQ(Value(end.chunks()[1])["choices"].at(0)["delta"]["content"].string(), k_replacement);
    EXPECT_EQ(Value(end.chunks()[1])["id"].string(), "c");
}

TEST_F(OddUpstreams, ArgumentsAreJoined) {
    const auto arguments = [](const std::string& inner) {
        return event(
            chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":")" + inner + "\"}}]}"));
    };
    const Result result =
        call(complete(), {200,
                          {},
                          arguments("{\\\"a\\\":\\\"\\ud83d") + arguments("\\udc11\\\"}") +
                              event(chunk("{}", "\"stop\"")) + k_done});
    const std::string reply = result.reply();
    const Value call = Value(reply)["choices"].at(0)["message"]["tool_calls"].at(0);
    EXPECT_EQ(call["function"]["arguments"].string(), "{\"a\":\"\xF0\x9F\x90\x91\"}");
}

TEST_F(OddUpstreams, WhatMustBeEscapedIs) {
    EXPECT_EQ(text_around(event(says("\x01\t\\x\\'"))), "a\x01\t\\x\\'z");
}

TEST_F(OddUpstreams, WhatIsCutOrTooDeepIsNotMended) {
    for (const std::string& body :
         {std::string("{\"choices\":[NaN"), std::string("{\"a\":\"\xFF"),
          "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}"}) {
        EXPECT_EQ(call(complete(), {200, {}, body}).error.value_or(Failed{}).code,
                  "malformed_reply");
    }
}

// ---- shapes ----------------------------------------------------------------------------------

TEST_F(OddUpstreams, TheRoleComesOnceForEachChoice) {
    const auto role = [](int index, const std::string& delta) {
        return R"({"choices":[{"index":)" + std::to_string(index) + R"(,"delta":{)" + delta +
               "}}]}";
    };
    const std::string body = event(role(0, R"("role":"assistant","content":"a")")) +
                             event(role(1, R"("role":"assistant","content":"b")")) +
                             event(role(0, R"("role":"assistant","content":"c")")) +
                             event(role(0, R"("content":"d", "role":"assistant")")) +
                             event(role(1, R"( "role" : "assistant" )")) + k_done;
    EXPECT_EQ(stream(body).chunks(),
              (Strings{role(0, R"("role":"assistant","content":"a")"),
                       role(1, R"("role":"assistant","content":"b")"), role(0, R"("content":"c")"),
                       role(0, R"("content":"d")"), role(1, "  ")}));
    // An empty one is not the first.
    const std::string late = event(role(0, R"("role":"")")) +
                             event(role(0, R"("role":"assistant","content":"a")")) + k_done;
    EXPECT_EQ(stream(late).chunks().at(1), role(0, R"("role":"assistant","content":"a")"));
}

TEST_F(OddUpstreams, EachChoiceOfAStreamHasADelta) {
    const auto delta = [&](const std::string& choice) {
        const std::string body =
            event(says("a")) + event("{\"choices\":[" + choice + "]}") + k_done;
        const std::string last = stream(body).chunks().back();
        return std::string(Value(last)["choices"].at(0).raw());
    };
    EXPECT_EQ(delta(R"({"index":0,"delta":null,"finish_reason":"stop"})"),
              R"({"index":0,"delta":{},"finish_reason":"stop"})");
    EXPECT_EQ(delta(R"({"index":0,"finish_reason":"stop"})"),
              R"({"delta":{},"index":0,"finish_reason":"stop"})");
    EXPECT_EQ(delta("{ }"), R"({"delta":{} })");
    EXPECT_EQ(delta(R"({"delta":[]})"), R"({"delta":{}})");
    EXPECT_EQ(delta(R"({"delta":"b"})"), R"({"delta":{"content":"b"}})");
    EXPECT_EQ(delta(R"({"message":{"content":"b"}})"), R"({"delta":{"content":"b"}})");
    Asked asked = streaming();
    asked.operation = BW_OP_COMPLETIONS;
    const std::string text = R"({"choices":[{"index":0,"text":"a","finish_reason":"stop"}]})";
    EXPECT_EQ(call(asked, {200, {}, event(text) + k_done}).chunks(), Strings{text});
    // A chunk where a reply was due.
    EXPECT_EQ(
        call(complete(), {200, {}, R"({"choices":[{"index":0,"delta":{"content":"b"}}]})"}).reply(),
        R"({"choices":[{"index":0,"message":{"content":"b"}}]})");
}

TEST_F(OddUpstreams, AnErrorWithoutWordsBesideAGoodAnswerIsNone) {
    for (const char* error : {R"({"message":"","type":"","code":null,"param":null})",
                              R"({"message":"","code":0})", R"({"message":null,"code":""})",
                              R"({"code":200,"message":"success"})", R"({"code":"0"})"}) {
        const std::string with = std::string(R"({"error":)") + error + ",";
        const std::string good = says("b");
        const Result streamed = stream(event(with + good.substr(1)) + k_done);
        EXPECT_EQ(streamed.chunks(), Strings{good}) << error;  // clients take any object for one
        const std::string reply = whole(R"({"content":"b"})");
        EXPECT_EQ(call(complete(), {200, {}, with + reply.substr(1)}).reply(), reply) << error;
        EXPECT_FALSE(stream(event(std::string(R"({"error":)") + error + "}") + k_done).ok());
    }
    for (const char* error : {R"({"message":"no","code":0})", R"({"code":"overloaded"})",
                              R"({"type":"server_error"})", "\"x\"", "true"}) {
        const std::string with = std::string(R"({"error":)") + error + ",";
        EXPECT_FALSE(stream(event(with + says("b").substr(1)) + k_done).ok()) << error;
    }
}

TEST_F(OddUpstreams, UsageHasTheNamesThatClientsKnow) {
    const std::string usage = R"(,"usage":{"input_tokens":3,"output_tokens":2})";
    const Result plain = call(complete(), {200, {}, whole(R"({"content":"a"})", usage)});
    const std::string known = R"({"input_tokens":3,"output_tokens":2,"prompt_tokens":3,)"
                              R"("completion_tokens":2,"total_tokens":5})";
    EXPECT_EQ(Value(plain.reply())["usage"].raw(), known);
    EXPECT_EQ(plain.usage.value().output_tokens, 2);
    const std::string chunks = event(says("a")) + event(R"({"choices":[])" + usage + "}") + k_done;
    EXPECT_EQ(Value(call(complete(), {200, {}, chunks}).reply())["usage"].raw(), known);
    const std::string good = whole(
        R"({"content":"a"})", R"(,"usage":{"prompt_tokens": 3,"completion_tokens": 2,"x":[1]})");
    EXPECT_EQ(call(complete(), {200, {}, good}).reply(), good);
}

TEST_F(OddUpstreams, AnErrorIsReadThoughItIsOnlyNearlyJson) {
    const Result result =
        call(complete(), {400, {}, "{\"error\":{\"message\":\"bad \xFF words\",\"x\":NaN}}"});
    EXPECT_NE(result.error.value_or(Failed{}).message.find("(bad " + k_replacement + " words)"),
              std::string::npos);
}

TEST_F(OddUpstreams, AnErrorWithoutWordsBesideNoChoiceIsTakenOutToo) {
    const std::string first = R"({"choices":[],"found":[],"error":{"message":"","code":null}})";
    const Result result = stream(event(first) + event(says("a")) + k_done);
    EXPECT_EQ(result.chunks().at(0), R"({"choices":[],"found":[]})");
    Asked asked = complete();
    asked.operation = BW_OP_EMBEDDINGS;
    EXPECT_EQ(call(asked, {200, {}, R"({"data":[{"embedding":[1]}],"error":{"code":0}})"}).reply(),
              R"({"data":[{"embedding":[1]}]})");
}

// ---- failures with a good status -------------------------------------------------------------

TEST_F(OddUpstreams, AFailureInAGoodAnswerKeepsItsWords) {
    struct Row {
        const char* body;
        bw_status expected;
    };
    const std::vector<Row> rows = {
        {R"({"base_resp":{"status_code":1008,"status_msg":"the words"})", BW_E_QUOTA},
        {R"({"base_resp":{"status_code":1002,"status_msg":"the words"})", BW_E_RATE},
        {R"({"base_resp":{"status_code":1004,"status_msg":"the words"})", BW_E_AUTH},
        {R"({"base_resp":{"status_code":1027,"status_msg":"the words"})", BW_E_CONTENT_FILTER},
        {R"({"base_resp":{"status_code":2013,"status_msg":"the words"})", BW_E_INVALID},
        {R"({"base_resp":{"status_code":1000,"status_msg":"the words"})", BW_E_UPSTREAM},
        {R"({"code":"invalid_api_key","message":"the words","request_id":"r")", BW_E_AUTH},
        {R"({"code":429,"msg":"the words","data":null)", BW_E_RATE},
        {R"({"code":500,"message":"the words","data":{})", BW_E_UPSTREAM},
        {R"({"message":"the words")", BW_E_UPSTREAM},
        {R"({"msg":"the words")", BW_E_UPSTREAM},
        {R"({"detail":"the words")", BW_E_UPSTREAM},
        {R"({"errors":[{"message":"the words"}])", BW_E_UPSTREAM},
        {R"({"errors":["the words"])", BW_E_UPSTREAM},
        {R"({"error":["the words"])", BW_E_UPSTREAM},
        {R"({"error":{"msg":"the words"})", BW_E_UPSTREAM},
        {R"({"error_code":17,"error_msg":"the words")", BW_E_UPSTREAM},
        {R"({"error":true,"message":"the words")", BW_E_UPSTREAM},
    };
    for (const Row& row : rows) {
        for (const char* choices : {"}", R"(,"choices":null})", R"(,"choices":[]})"}) {
            const std::string body = std::string(row.body) + choices;
            for (const Asked& asked : {streaming(), complete()}) {
                for (const std::string& sent : {body, event(body), event(body) + k_done}) {
                    const Result result = call(asked, {200, {}, sent});
                    EXPECT_EQ(result.status(), row.expected) << sent;
                    EXPECT_NE(result.error.value_or(Failed{}).message.find("the words"),
                              std::string::npos)
                        << sent;
                }
            }
        }
    }
    // In mid-stream, where the answer goes no further.
    EXPECT_NE(stream(event(says("a")) + event(R"({"msg":"the words"})"))
                  .error.value_or(Failed{})
                  .message.find("the words"),
              std::string::npos);
}

TEST_F(OddUpstreams, WordsBesideAGoodAnswerAreNoFailure) {
    for (const char* odd :
         {R"({"type":"ping","message":"alive"})", R"({"message":"queued"})",
          R"({"code":0,"msg":"ok"})", R"({"base_resp":{"status_code":0,"status_msg":""}})", "{}"}) {
        EXPECT_EQ(text_around(event(odd)), "az") << odd;
    }
    const std::string reply =
        whole(R"({"content":"a"})", R"(,"base_resp":{"status_code":0,"status_msg":"success"})");
    EXPECT_EQ(call(complete(), {200, {}, reply}).reply(), reply);
}

}  // namespace
