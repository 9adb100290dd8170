// What the Gemini API is asked.
#include "plugins/gemini_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace bw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using GeminiRequests = GeminiTest;

constexpr const char* k_weather =
    R"("tools":[{"type":"function","function":{"name":"get_weather","description":"d",)"
    R"("parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}])";

TEST_F(GeminiRequests, GoesToTheModelWithTheKey) {
    EXPECT_EQ(sent(k_hello).raw(), R"({"contents":[{"role":"user","parts":[{"text":"hello"}]}]})");
    EXPECT_EQ(result.sent.url,
              "https://generativelanguage.googleapis.com/v1beta/models/"
              "gemini-2.5-flash:generateContent");
    EXPECT_THAT(result.sent.auth, ElementsAre("api_key"));
    EXPECT_EQ(result.sent.frame, BW_FRAME_WHOLE);
    sent(k_hello, "tunedModels/a b/../c?d");
    EXPECT_THAT(result.sent.url, HasSubstr("/v1beta/tunedModels/a%20b/_/c%3Fd:generateContent"));
    sent(k_hello, "../x");
    EXPECT_THAT(result.sent.url, HasSubstr("/v1beta/models/..%2Fx:generateContent"));
    const Result stream = call(streaming("gemini-2.5-pro"), said("[]"));
    EXPECT_THAT(stream.sent.url, HasSubstr("gemini-2.5-pro:streamGenerateContent?alt=sse"));
}

TEST_F(GeminiRequests, SidesTakeTurns) {
    const json::Value body = sent(R"("messages":[{"role":"system","content":"be brief"},
        {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
        {"role":"user","content":"c"},{"role":"assistant","content":"d"},
        {"role":"assistant","content":""},{"role":"developer","content":"e"},
        {"role":"user","content":"f"}])");
    EXPECT_EQ(body["contents"].raw(),
              R"([{"role":"user","parts":[{"text":"a"},{"text":"b"},{"text":"c"}]},)"
              R"({"role":"model","parts":[{"text":"d"}]},)"
              R"({"role":"user","parts":[{"text":"f"}]}])");
    EXPECT_EQ(body["systemInstruction"].raw(), R"({"parts":[{"text":"be brief\n\ne"}]})");
    const json::Value alone = sent(R"("messages":[{"role":"system","content":"speak"}])");
    EXPECT_EQ(alone.raw(), R"({"contents":[{"role":"user","parts":[{"text":"speak"}]}]})");
    EXPECT_EQ(refused(R"("messages":[{"role":"user","content":""}])").param, "messages");
}

TEST_F(GeminiRequests, SettingsHaveGooglesNames) {
    const json::Value body = sent(std::string(k_hello) + R"(,"max_completion_tokens":5,
        "temperature":0.5,"top_p":0.9,"top_k":40,"n":2,"stop":["x","y"],"seed":7,
        "presence_penalty":0.1,"frequency_penalty":0.2,"user":"u","store":true,"logit_bias":{},
        "metadata":{},"logprobs":false,"service_tier":"flex","verbosity":"medium",
        "google":{"cached_content":"cachedContents/1",
        "safety_settings":[{"category":"c","threshold":"BLOCK_NONE"}]},
        "response_format":{"type":"json_schema","json_schema":{"name":"n",
        "schema":{"type":"object","additionalProperties":false}}})");
    EXPECT_EQ(body["generationConfig"].raw(),
              R"({"maxOutputTokens":5,"temperature":0.5,"topP":0.9,"topK":40,"seed":7,)"
              R"("presencePenalty":0.1,"frequencyPenalty":0.2,"candidateCount":2,)"
              R"("stopSequences":["x","y"],"responseMimeType":"application/json",)"
              R"("responseJsonSchema":{"type":"object","additionalProperties":false}})");
    EXPECT_EQ(body["safetySettings"].raw(), R"([{"category":"c","threshold":"BLOCK_NONE"}])");
    EXPECT_EQ(body["cachedContent"].string(), "cachedContents/1");
    EXPECT_EQ(body["serviceTier"].string(), "flex");
    const json::Value object =
        sent(std::string(k_hello) + R"(,"response_format":{"type":"json_object"},
                                        "modalities":["text","image"])");
    EXPECT_EQ(object["generationConfig"].raw(), R"({"responseMimeType":"application/json",)"
                                                R"("responseModalities":["TEXT","IMAGE"]})");
}

TEST_F(GeminiRequests, EffortIsABudgetOrALevel) {
    const auto thinking = [this](const char* effort, const char* model) {
        const std::string members = std::string(k_hello) + R"(,"reasoning_effort":")" + effort;
        return std::string(sent(members + "\"", model)["generationConfig"]["thinkingConfig"].raw());
    };
    EXPECT_EQ(thinking("none", "gemini-2.5-flash"), R"({"thinkingBudget":0})");
    EXPECT_EQ(thinking("low", "gemini-2.5-flash"),
              R"({"thinkingBudget":1024,"includeThoughts":true})");
    EXPECT_EQ(thinking("high", "gemini-flash-latest"),
              R"({"thinkingBudget":24576,"includeThoughts":true})");
    EXPECT_EQ(thinking("medium", "gemini-3-flash"),
              R"({"thinkingLevel":"medium","includeThoughts":true})");
    EXPECT_EQ(thinking("medium", "gemini-3-pro-preview"),
              R"({"thinkingLevel":"high","includeThoughts":true})")
        << "which has no level between";
    EXPECT_EQ(thinking("none", "gemini-10-pro"), R"({"thinkingLevel":"low"})");
    EXPECT_EQ(thinking("none", "gemini-10-flash"), R"({"thinkingLevel":"minimal"})");
    EXPECT_EQ(sent(std::string(k_hello) + R"(,"extra_body":{"google":{"thinking_config":
                  {"thinking_budget":9}}})")["generationConfig"]["thinkingConfig"]
                  .raw(),
              R"({"thinking_budget":9})");
    EXPECT_EQ(refused(std::string(k_hello) + R"(,"reasoning_effort":"vast")").param,
              "reasoning_effort");
}

TEST_F(GeminiRequests, ToolsAreDeclared) {
    const std::string tools = std::string(k_hello) + "," + k_weather;
    EXPECT_EQ(sent(tools)["tools"].raw(),
              R"([{"functionDeclarations":[{"name":"get_weather","description":"d",)"
              R"("parametersJsonSchema":{"type":"object","properties":{"city":)"
              R"({"type":"string"}}}}]}])");
    const auto config = [&](const std::string& choice) {
        const json::Value body = sent(tools + R"(,"tool_choice":)" + choice);
        return std::string(body["toolConfig"]["functionCallingConfig"].raw());
    };
    EXPECT_EQ(config(R"("auto")"), R"({"mode":"AUTO"})");
    EXPECT_EQ(config(R"("none")"), R"({"mode":"NONE"})");
    EXPECT_EQ(config(R"("required")"), R"({"mode":"ANY"})");
    EXPECT_EQ(config(R"({"type":"function","function":{"name":"get_weather"}})"),
              R"({"mode":"ANY","allowedFunctionNames":["get_weather"]})");
    EXPECT_EQ(config(R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":
                  [{"type":"function","name":"get_weather"}]}})"),
              R"({"mode":"ANY","allowedFunctionNames":["get_weather"]})");
    EXPECT_EQ(config(R"({"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":
                  [{"type":"function","function":{"name":"another"}}]}})"),
              "");
    EXPECT_EQ(sent(std::string(k_hello) +
                   R"(,"tools":[{"type":"google_search"},{"type":"function","function":
                      {"name":"now"}}])")["tools"]
                  .raw(),
              R"([{"functionDeclarations":[{"name":"now"}]},{"googleSearch":{}}])");
}

constexpr const char* k_called = R"("messages":[{"role":"user","content":"weather?"},
    {"role":"assistant","content":null,"tool_calls":[
     {"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
     {"id":"b7","type":"function","function":{"name":"g","arguments":"not JSON"}}]},
    {"role":"tool","tool_call_id":"b7","content":"{\"t\":2}"},
    {"role":"tool","tool_call_id":"call_a","content":"warm"},
    {"role":"user","content":"and now?"}])";

TEST_F(GeminiRequests, ResultsFollowTheirCallsInOrder) {
    EXPECT_EQ(sent(k_called)["contents"].raw(),
              R"([{"role":"user","parts":[{"text":"weather?"}]},)"
              R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}}},)"
              R"({"functionCall":{"name":"g","args":{}}}]},)"
              R"({"role":"user","parts":[)"
              R"({"functionResponse":{"name":"f","response":{"output":"warm"}}},)"
              R"({"functionResponse":{"name":"g","response":{"t":2}}}]},)"
              R"({"role":"user","parts":[{"text":"and now?"}]}])");
}

TEST_F(GeminiRequests, CallsOfOthersPassWithoutASignature) {
    const json::Value body = sent(k_called, "gemini-3-pro-preview");
    const json::Value model = body["contents"].at(1)["parts"];
    EXPECT_EQ(model.at(0)["thoughtSignature"].string(), "skip_thought_signature_validator");
    EXPECT_FALSE(model.at(0)["functionCall"]["id"]);
    EXPECT_FALSE(model.at(1)["thoughtSignature"]);
    EXPECT_EQ(model.at(1)["functionCall"]["id"].string(), "b7");
    EXPECT_EQ(body["contents"].at(2)["parts"].at(1)["functionResponse"]["id"].string(), "b7");
}

TEST_F(GeminiRequests, SignaturesComeBackWithTheirCalls) {
    Instance instance(host, library_.table(), config_);
    const std::string model = "gemini-3-pro-preview";
    const Result first = instance.call(
        asking(std::string(k_hello) + "," + k_weather, model),
        said(R"([{"functionCall":{"id":"g1","name":"f","args":{}},"thoughtSignature":"c2ln"}])"));
    ASSERT_TRUE(first.ok()) << first.error->message;
    const std::string reply = first.reply();
    const json::Value call = json::Value(reply)["choices"].at(0)["message"]["tool_calls"].at(0);
    EXPECT_EQ(call["extra_content"].raw(), R"({"google":{"thought_signature":"c2ln"}})");
    const auto again = [&](const std::string& extra) {
        const Result next =
            instance.call(asking(R"("messages":[{"role":"user","content":"a"},{"role":"assistant",
                   "tool_calls":[{"id":"g1","type":"function","function":{"name":"f",
                   "arguments":"{}"})" +
                                     extra + R"(}]},
                   {"role":"tool","tool_call_id":"g1","content":"r"}])",
                                 model),
                          said(R"([{"text":"x"}])"));
        EXPECT_TRUE(next.ok());
        const json::Value body(next.sent.body);
        return body["contents"].at(1)["parts"].at(0)["thoughtSignature"].string();
    };
    EXPECT_EQ(again(R"(,"extra_content":{"google":{"thought_signature":"b3du"}})"), "b3du");
    EXPECT_EQ(again(""), "c2ln") << "the client did not hand it back";
}

TEST_F(GeminiRequests, MediaIsInTheRequestOrAtAnAddress) {
    const json::Value body = sent(R"("messages":[{"role":"user","content":[
        {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
        {"type":"image_url","image_url":{"url":"https://x.test/a.webp?b=c.png"}},
        {"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},
        {"type":"file","file":{"file_data":"data:application/pdf;base64,CCCC"}},
        {"type":"file","file":{"file_data":"DDDD","filename":"a.csv"}},
        {"type":"file","file":{"file_id":"files/abc"}},
        {"type":"video_url","video_url":{"url":"data:video/webm;base64,EEEE"}}]}])");
    const json::Value parts = body["contents"].at(0)["parts"];
    EXPECT_EQ(parts.at(0).raw(), R"({"inlineData":{"mimeType":"image/png","data":"AAAA"}})");
    EXPECT_EQ(parts.at(1)["fileData"].raw(),
              R"({"mimeType":"image/webp","fileUri":"https://x.test/a.webp?b=c.png"})");
    EXPECT_EQ(parts.at(2)["inlineData"]["mimeType"].string(), "audio/mpeg");
    EXPECT_EQ(parts.at(3)["inlineData"]["mimeType"].string(), "application/pdf");
    EXPECT_EQ(parts.at(4)["inlineData"]["mimeType"].string(), "text/csv");
    EXPECT_EQ(parts.at(5)["fileData"]["fileUri"].string(),
              "https://generativelanguage.googleapis.com/v1beta/files/abc");
    EXPECT_EQ(parts.at(6)["inlineData"]["mimeType"].string(), "video/webm");
}

TEST_F(GeminiRequests, WhatCannotBeServedIsRefusedByItsName) {
    const auto param = [this](const std::string& member) {
        const Failed failed = refused(std::string(k_hello) + "," + member);
        EXPECT_EQ(failed.status, BW_E_UNSUPPORTED) << member;
        return failed.param;
    };
    EXPECT_EQ(param(R"("logit_bias":{"1":2})"), "logit_bias");
    EXPECT_EQ(param(R"("logprobs":true)"), "logprobs");
    EXPECT_EQ(param(R"("audio":{"voice":"v"})"), "audio");
    EXPECT_EQ(param(R"("modalities":["audio"])"), "modalities");
    EXPECT_EQ(param(R"("web_search_options":{})"), "web_search_options");
    EXPECT_EQ(param(R"("verbosity":"low")"), "verbosity");
    EXPECT_EQ(param(R"("service_tier":"scale")"), "service_tier");
    EXPECT_EQ(param(R"("labels":{"a":"b"})"), "labels");
    EXPECT_EQ(param(std::string(R"("parallel_tool_calls":false,)") + k_weather),
              "parallel_tool_calls");
    EXPECT_EQ(param(R"("tools":[{"type":"custom","custom":{"name":"c"}}])"), "tools[0].type");
    const Failed part = refused(R"("messages":[{"role":"user","content":[{"type":"smell"}]}])");
    EXPECT_EQ(part.param, "messages[0].content[0].type");
    const Failed type = refused(R"("messages":[{"role":"user","content":[{"type":"image_url",
        "image_url":{"url":"data:a\r\nb/c;base64,AAAA"}}]}])");
    EXPECT_EQ(type.status, BW_E_INVALID);
    EXPECT_EQ(refused(R"("messages":7)").param, "messages");
}

}  // namespace
}  // namespace bw::testing
