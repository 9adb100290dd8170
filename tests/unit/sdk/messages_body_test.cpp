// Chat requests as Anthropic's Messages API takes them.
#include <bellwether/messages/body.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace {

using bw::json::Value;

constexpr const char* k_png = "iVBORw0KGgo=";
constexpr const char* k_cache = R"("cache_control":{"type":"ephemeral","ttl":"1h"})";

std::string body_of(const std::string& members, const std::string& model = "claude-opus-5") {
    const std::string request = R"({"model":")" + model + "\"," + members + "}";
    EXPECT_TRUE(bw::json::valid(request)) << request;
    const std::string body = bw::messages::body_of(bw::chat::Request(Value(request)), 32'000);
    EXPECT_TRUE(bw::json::valid(body)) << body;
    return body;
}
// One member of the body of a request that says hello, and more.
std::string member(std::string_view name, const std::string& more,
                   const std::string& model = "claude-opus-5") {
    const std::string hello = R"("messages":[{"role":"user","content":"hi"}])";
    return std::string(Value(body_of(hello + "," + more, model))[name].raw());
}
std::string messages(const std::string& of_chat) {
    return std::string(Value(body_of("\"messages\":[" + of_chat + "]"))["messages"].raw());
}
// The member that a refusal names.
std::string refused(const std::string& more, bw_status status = BW_E_UNSUPPORTED,
                    const std::string& model = "claude-opus-5") {
    try {
        member("model", more, model);
    } catch (const bw::Error& error) {
        EXPECT_EQ(error.status(), status) << error.message();
        return error.param();
    }
    return "nothing";
}
std::string tool(const std::string& name, const std::string& more = "") {
    return R"({"type":"function","function":{"name":")" + name + "\"" + more + "}}";
}

TEST(MessagesBody, TakesInstructionsOut) {
    const std::string said = R"({"role":"system","content":"Be"},{"role":"user","content":"a"},)"
                             R"({"role":"developer","content":[{"type":"text","text":""},)"
                             R"({"type":"text","text":"kind",)" +
                             std::string(k_cache) + "}]}";
    const std::string body = body_of("\"messages\":[" + said + "]");
    EXPECT_EQ(Value(body)["system"].raw(),
              R"([{"type":"text","text":"Be"},{"type":"text","text":"kind",)" +
                  std::string(k_cache) + "}]");
    EXPECT_EQ(Value(body)["messages"].raw(),
              R"([{"role":"user","content":[{"type":"text","text":"a"}]}])");
}

TEST(MessagesBody, PutsToolsResultsIntoOneMessage) {
    EXPECT_EQ(
        messages(R"({"role":"user","content":"q"},{"role":"assistant","content":"",)"
                 R"("tool_calls":[{"id":"a.b:0","function":{"name":"f","arguments":"{\"x\":1}"}},)"
                 R"({"id":"b","function":{"name":"g","arguments":"no json"}}]},)"
                 R"({"role":"tool","tool_call_id":"a.b:0","content":"r",)" +
                 std::string(k_cache) +
                 R"(},{"role":"tool","tool_call_id":"b","content":[{"type":"image_url",)"
                 R"("image_url":{"url":"data:image/png;base64,)" +
                 k_png + R"("}}]},{"role":"user","content":"and"})"),
        R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant",)"
        R"("content":[{"type":"tool_use","id":"a_b_0","name":"f","input":{"x":1}},)"
        R"({"type":"tool_use","id":"b","name":"g","input":{}}]},{"role":"user","content":[)"
        R"({"type":"tool_result","tool_use_id":"a_b_0","content":[{"type":"text",)"
        R"("text":"r"}],)" +
            std::string(k_cache) +
            R"(},{"type":"tool_result","tool_use_id":"b","content":[{"type":"image",)"
            R"("source":{"type":"base64","media_type":"image/png","data":")" +
            k_png + R"("}}]},{"type":"text","text":"and"}]}])");
}

TEST(MessagesBody, SendsPicturesAndFiles) {
    const auto block = [](const std::string& part) {
        const std::string sent = messages(R"({"role":"user","content":[)" + part + "]}");
        return std::string(Value(sent).at(0)["content"].at(0).raw());
    };
    EXPECT_EQ(block(R"({"type":"image_url","image_url":{"url":"https://x.test/a.png"},)" +
                    std::string(k_cache) + "}"),
              R"({"type":"image","source":{"type":"url","url":"https://x.test/a.png"},)" +
                  std::string(k_cache) + "}");
    const std::string pdf =
        R"("source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}})";
    EXPECT_EQ(block(R"({"type":"file","file":{"filename":"a","file_data":)"
                    R"("data:application/pdf;base64,AAAA"}})"),
              R"({"type":"document","title":"a",)" + pdf);
    EXPECT_EQ(block(R"({"type":"file","file":{"file_data":"AAAA"}})"),
              R"({"type":"document",)" + pdf);
    EXPECT_EQ(block(R"({"type":"file","file":{"file_data":"data:text/csv;base64,YSxi"}})"),
              R"({"type":"document","source":{"type":"text","media_type":"text/plain",)"
              R"("data":"a,b"}})");
    EXPECT_EQ(block(R"({"type":"file","file":{"file_data":"data:image/gif;base64,AAAA"}})"),
              R"({"type":"image","source":{"type":"base64","media_type":"image/gif",)"
              R"("data":"AAAA"}})");
    EXPECT_EQ(block(R"({"type":"file","file":{"file_id":"f1"}})"),
              R"({"type":"document","source":{"type":"file","file_id":"f1"}})");
    const std::string own = R"({"type":"document","source":{"type":"url","url":"x"},"title":"t"})";
    EXPECT_EQ(block(own), own);
    EXPECT_EQ(block(R"({"type":"refusal","refusal":"no"})"), R"({"type":"text","text":"no"})");
}

TEST(MessagesBody, OffersTools) {
    const std::string two = "\"tools\":[" +
                            tool("f", R"(,"description":"d","parameters":)"
                                      R"({"type":"object"},"strict":true)") +
                            "," + tool("g", R"(,"parameters":{})") +
                            R"(,{"type":"web_search_20250305","name":"web_search"}])";
    EXPECT_EQ(member("tools", two),
              R"([{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true},)"
              R"({"name":"g","input_schema":{"type":"object"}},)"
              R"({"type":"web_search_20250305","name":"web_search"}])");
    EXPECT_EQ(member("tool_choice", two), "");
    const auto choice = [&](const std::string& said) { return member("tool_choice", two + said); };
    EXPECT_EQ(choice(R"(,"tool_choice":"auto")"), R"({"type":"auto"})");
    EXPECT_EQ(choice(R"(,"tool_choice":"required")"), R"({"type":"any"})");
    EXPECT_EQ(choice(R"(,"tool_choice":"none","parallel_tool_calls":false)"), R"({"type":"none"})");
    EXPECT_EQ(choice(R"(,"parallel_tool_calls":false)"),
              R"({"type":"auto","disable_parallel_tool_use":true})");
    EXPECT_EQ(choice(R"(,"tool_choice":{"type":"function","function":{"name":"g"}})"),
              R"({"type":"tool","name":"g"})");
    EXPECT_EQ(member("tool_choice", R"("tool_choice":"auto")"), "");
    EXPECT_EQ(member("tools", two + R"(,"tool_choice":{"type":"allowed_tools","allowed_tools":)"
                                    R"({"mode":"auto","tools":[{"type":"function","function":)"
                                    R"({"name":"g"}}]}})"),
              R"([{"name":"g","input_schema":{"type":"object"}},)"
              R"({"type":"web_search_20250305","name":"web_search"}])");
    const std::string cached =
        R"({"type":"function","function":{"name":"f"},)" + std::string(k_cache) + "}";
    EXPECT_EQ(member("tools", "\"tools\":[" + cached + "]"),
              R"([{"name":"f","input_schema":{"type":"object","properties":{}},)" +
                  std::string(k_cache) + "}]");
}

TEST(MessagesBody, ThinksAsMuchAsIsAsked) {
    const std::string high = R"("reasoning_effort":"high")";
    EXPECT_EQ(member("thinking", high), R"({"type":"adaptive","display":"summarized"})");
    EXPECT_EQ(member("output_config", high), R"({"effort":"high"})");
    EXPECT_EQ(member("output_config", R"("reasoning_effort":"minimal")"), R"({"effort":"low"})");
    EXPECT_EQ(member("thinking", R"("reasoning_effort":"none")"), R"({"type":"disabled"})");
    EXPECT_EQ(member("thinking", "\"user\":\"u\""), "");
    for (const char* older : {"claude-opus-4-20250514", "claude-opus-4-1", "claude-sonnet-4-5",
                              "claude-haiku-4-5-20251001", "claude-3-7-sonnet-latest"}) {
        EXPECT_EQ(member("thinking", high, older), R"({"type":"enabled","budget_tokens":25600})");
        EXPECT_EQ(member("output_config", high, older), "");
    }
    const std::string model = "claude-sonnet-4-5";
    EXPECT_EQ(member("thinking", R"("max_tokens":1025,"reasoning_effort":"low")", model),
              R"({"type":"enabled","budget_tokens":1024})");
    EXPECT_EQ(
        member("thinking", R"("max_tokens":9000000000000000000,"reasoning_effort":"max")", model),
        R"({"type":"enabled","budget_tokens":36000})");
    EXPECT_EQ(refused(R"("max_tokens":1024,"reasoning_effort":"low")", BW_E_UNSUPPORTED, model),
              "reasoning_effort");
    const std::string own = R"("thinking":{"type":"enabled","budget_tokens":2000})";
    EXPECT_EQ(member("thinking", own + "," + high), own.substr(own.find('{')));
    EXPECT_EQ(member("output_config", R"("output_config":{"effort":"max"},)" + high),
              R"({"effort":"max"})");
    EXPECT_EQ(refused("\"tools\":[" + tool("f") + R"(],"tool_choice":"required",)" + high),
              "reasoning_effort");
    EXPECT_EQ(refused(R"("reasoning_effort":"immense")"), "reasoning_effort");
}

TEST(MessagesBody, AnswersInTheFormThatIsAsked) {
    const std::string format =
        R"("response_format":{"type":"json_schema","json_schema":)"
        R"({"name":"n","schema":{"type":"object"}}},"reasoning_effort":"low")";
    EXPECT_EQ(member("output_config", format),
              R"({"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}})");
    EXPECT_EQ(refused(R"("response_format":{"type":"json_object"})"), "response_format.type");
}

TEST(MessagesBody, PassesOnWhatIsTheSameThere) {
    const std::string said =
        R"("max_completion_tokens":50,"temperature":0.5,"top_p":0.9,"stop":["a","b"],"top_k":5,)"
        R"("user":"u","service_tier":"default","cache_control":{"type":"ephemeral"},)"
        R"("speed":"fast",)"
        R"("stream":true)";
    EXPECT_EQ(body_of(R"("messages":[{"role":"user","content":"hi"}],)" + said),
              R"({"model":"claude-opus-5","max_tokens":50,"stream":true,"temperature":0.5,)"
              R"("top_p":0.9,"top_k":5,"cache_control":{"type":"ephemeral"},"speed":"fast",)"
              R"("service_tier":"standard_only","metadata":{"user_id":"u"},)"
              R"("stop_sequences":["a","b"],"messages":[{"role":"user","content":)"
              R"([{"type":"text","text":"hi"}]}]})");
}

TEST(MessagesBody, RefusesByNameWhatIsNotThere) {
    EXPECT_EQ(refused(R"("n":2)"), "n");
    EXPECT_EQ(refused(R"("logprobs":true)"), "logprobs");
    EXPECT_EQ(refused(R"("logit_bias":{"1":5})"), "logit_bias");
    EXPECT_EQ(refused(R"("frequency_penalty":0.5)"), "frequency_penalty");
    EXPECT_EQ(refused(R"("temperature":1.5)"), "temperature");
    EXPECT_EQ(refused(R"("service_tier":"flex")"), "service_tier");
    EXPECT_EQ(refused(R"("modalities":["text","audio"])"), "modalities");
    EXPECT_EQ(refused(R"("tools":[{"type":"custom","custom":{"name":"x"}}])"), "tools[0]");
    EXPECT_EQ(refused(R"("n":1,"logprobs":false,"presence_penalty":0,"logit_bias":{},)"
                      R"("modalities":["text"],"verbosity":"medium","seed":7,"store":true,)"
                      R"("metadata":{"a":"b"},"stream_options":null)"),
              "nothing");
    EXPECT_EQ(refused(R"("tools":7)", BW_E_INVALID), "tools");
}

TEST(MessagesBody, RefusesPartsThatNobodyReadsThere) {
    const auto refused_part = [](const std::string& part) -> std::string {
        try {
            messages(R"({"role":"user","content":[)" + part + "]}");
        } catch (const bw::Error& error) {
            return error.param();
        }
        return "nothing";
    };
    const std::string at = "messages[0].content[0]";
    EXPECT_EQ(refused_part(R"({"type":"input_audio","input_audio":{"data":"AA","format":"mp3"}})"),
              at + ".input_audio");
    EXPECT_EQ(refused_part(R"({"type":"video_url","video_url":{"url":"x"}})"), at + ".type");
    EXPECT_EQ(
        refused_part(R"({"type":"file","file":{"file_data":"data:application/zip;base64,AA"}})"),
        at + ".file");
    EXPECT_EQ(refused_part(R"({"type":"file","file":{"file_data":"data:text/plain;base64,***"}})"),
              at + ".file");
}

TEST(MessagesBody, HandsBackOnlyItsOwnThoughts) {
    EXPECT_EQ(messages(R"({"role":"assistant","content":"x","reasoning_content":"t",)"
                       R"("reasoning_details":[7,{"type":"reasoning.text","text":"t",)"
                       R"("signature":"s","format":"anthropic-claude-v1"},)"
                       R"({"type":"reasoning.encrypted","data":"d","format":"other"}]})"),
              R"([{"role":"assistant","content":[{"type":"thinking","thinking":"t",)"
              R"("signature":"s"},{"type":"text","text":"x"}]}])");
}

// Whatever a client writes, the body is JSON, or there is an error that says what is wrong.
TEST(MessagesBody, SurvivesAnything) {
    const std::string whole =
        R"({"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"s"}]},)"
        R"({"role":"user","content":[{"type":"file","file":{"file_data":"data:a;base64,AA"}}]},)"
        R"({"role":"assistant","tool_calls":[{"id":"i","function":{"name":"n"}}],)"
        R"("reasoning_details":[{"format":"anthropic-claude-v1","data":[]}]},)"
        R"({"role":"tool","tool_call_id":"i","content":"r"}],"tools":[{"function":{"name":"n"}}],)"
        R"("tool_choice":{"type":"function","function":{"name":"n"}},"reasoning_effort":"low"})";
    std::mt19937 random(7);
    constexpr std::string_view k_bytes = "{}[]\",:0-truenls\\ \xff";
    for (int i = 0; i < 20'000; ++i) {
        std::string request = whole;
        for (int k = 0; k < 3; ++k) {
            request[random() % request.size()] = k_bytes[random() % k_bytes.size()];
        }
        if (i % 7 == 0) request.resize(random() % request.size());
        try {
            const auto body = bw::messages::body_of(bw::chat::Request(Value(request)), 4096);
            EXPECT_TRUE(bw::json::valid(body) || !bw::json::valid(request)) << request;
        } catch (const bw::Error& error) {
            EXPECT_FALSE(error.message().empty());
        }
    }
}

}  // namespace
