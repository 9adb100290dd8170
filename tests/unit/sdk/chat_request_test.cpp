// The reader of chat requests: everything that a translation asks for, from requests as clients
// send them, and from broken ones without harm.
#include <bellwether/chat/request.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using bw::chat::PartKind;
using bw::chat::Request;
using bw::chat::Role;
using bw::json::Value;
using ::testing::ElementsAre;

// Keeps the text for as long as the request.
class Body {
  public:
    explicit Body(std::string text) : text_(std::move(text)), request_(Value(text_)) {}
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;
    const Request* operator->() const { return &request_; }
    const Request& operator*() const { return request_; }

  private:
    std::string text_;
    Request request_;
};

// A request with one user message of these parts.
Body with_parts(const std::string& parts) {
    return Body(R"({"messages":[{"role":"user","content":)" + parts + "}]}");
}
bw::chat::Part first_part(const Body& body) {
    const bw::chat::Turn turn = *body->turns().begin();
    return *turn.parts().begin();
}

TEST(ChatRequest, GivesTurnsWithTheirRolesAndTexts) {
    const Body body(R"({"messages":[
        {"role":"system","content":"s"},{"role":"developer","content":"d"},
        {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
        {"role":"assistant","content":null,"refusal":"no","reasoning_content":"hm"},
        {"role":"tool","tool_call_id":"c","content":"r"},
        {"role":"function","name":"f","content":"r"}]})");
    std::vector<Role> roles;
    std::vector<std::string> texts;
    for (const bw::chat::Turn& turn : body->turns()) {
        roles.push_back(turn.role());
        texts.push_back(turn.text());
    }
    EXPECT_THAT(roles, ElementsAre(Role::system, Role::developer, Role::user, Role::assistant,
                                   Role::tool, Role::function));
    EXPECT_THAT(texts, ElementsAre("s", "d", "a\nb", "", "r", "r"));
    EXPECT_FALSE(body->problem());
}

TEST(ChatRequest, GathersInstructionsWhereverTheyStand) {
    const Body body(R"({"messages":[{"role":"system","content":"one"},
        {"role":"user","content":"u"},
        {"role":"developer","content":[{"type":"text","text":"two"}]},
        {"role":"system","content":""}]})");
    EXPECT_EQ(body->instructions(), "one\n\ntwo");
    EXPECT_EQ(body->instructions(" "), "one two");
}

TEST(ChatRequest, PutsNeighboursOfOneSideTogether) {
    const Body body(R"({"messages":[{"role":"system","content":"s"},
        {"role":"user","content":"1"},{"role":"system","content":"s"},{"role":"user","content":"3"},
        {"role":"assistant","content":"4"},{"role":"assistant","content":"5"},
        {"role":"tool","tool_call_id":"c","content":"6"},{"role":"user","content":"7"},
        {"role":"system","content":"s"}]})");
    std::string sides;
    for (const bw::chat::Side& side : body->sides()) {
        sides += side.is_assistant() ? "|a" : "|u";
        for (const bw::chat::Turn& turn : side) sides += std::to_string(turn.index());
    }
    EXPECT_EQ(sides, "|u13|a45|u67");
    const Body silent(R"({"messages":[{"role":"system","content":"s"}]})");
    EXPECT_TRUE(silent->sides().begin() == silent->sides().end());
}

TEST(ChatRequest, TakesDataUrlsApart) {
    const auto image = [](const std::string& url) {
        return first_part(
                   with_parts(R"([{"type":"image_url","image_url":{"url":")" + url + "\"}}]"))
            .media();
    };
    const bw::chat::Media png = image("data:image/PNG;base64,iVBORw0KGgo=");
    EXPECT_EQ(png.media_type(), "image/png");
    EXPECT_EQ(png.base64(), "iVBORw0KGgo=");
    EXPECT_EQ(png.url(), "");
    EXPECT_EQ(png.as_url(), "data:image/png;base64,iVBORw0KGgo=");
    const bw::chat::Media far = image("https://example.test/a.png");
    EXPECT_EQ(far.url(), "https://example.test/a.png");
    EXPECT_FALSE(far.is_data());
    EXPECT_EQ(image("data:image/svg+xml;charset=utf-8,%3Csvg%2f>").base64(), "PHN2Zy8+");
    EXPECT_EQ(image("data:image/svg+xml;charset=utf-8,%3Csvg%2f>").media_type(), "image/svg+xml");
    EXPECT_EQ(image("DATA:;BASE64,AA%3D%3D").base64(), "AA==");
    EXPECT_EQ(image("data:image\\/png;base64,a\\/b=").base64(), "a/b=") << "escaped as PHP does";
    EXPECT_TRUE(image("data:image/png;base64").empty());
    EXPECT_TRUE(image("data:image/png;base64,").empty());
}

TEST(ChatRequest, GivesPartsOfEveryKind) {
    const Body body = with_parts(R"(["plain",
        {"type":"image_url","image_url":{"url":"http://i","detail":"low"}},
        {"type":"image_url","image_url":"http://bare"},
        {"type":"input_audio","input_audio":{"data":"QUI=","format":"mp3"}},
        {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}},
        {"type":"file","file":{"file_id":"file-1"}},
        {"type":"refusal","refusal":"no"},
        {"type":"video_url","video_url":{"url":"http://v"}}])");
    std::vector<bw::chat::Part> parts;
    const bw::chat::Turn turn = *body->turns().begin();
    for (const bw::chat::Part& part : turn.parts()) parts.push_back(part);
    ASSERT_EQ(parts.size(), 8u);
    EXPECT_EQ(parts[0].text(), "plain");
    EXPECT_EQ(parts[1].detail(), "low");
    EXPECT_EQ(parts[2].media().url(), "http://bare");
    EXPECT_EQ(parts[3].media().media_type(), "audio/mpeg");
    EXPECT_EQ(parts[3].media().base64(), "QUI=");
    EXPECT_EQ(parts[4].media().name(), "a.pdf");
    EXPECT_EQ(parts[4].media().media_type(), "application/pdf");
    EXPECT_EQ(parts[5].media().id(), "file-1");
    EXPECT_EQ(parts[6].text(), "no");
    EXPECT_EQ(parts[7].kind(), PartKind::other);
    EXPECT_EQ(parts[7].raw()["video_url"]["url"].string(), "http://v");
    EXPECT_EQ(parts[1].param(), "messages[0].content[1].image_url");
    EXPECT_EQ(parts[3].param(), "messages[0].content[3].input_audio");
    EXPECT_EQ(parts[7].param(), "messages[0].content[7].type");
    EXPECT_FALSE(body->problem());
}

TEST(ChatRequest, GivesToolCallsAndTheirResults) {
    const Body body(R"({"messages":[{"role":"user","content":"u"},
        {"role":"assistant","tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
            {"id":"c2","type":"function","function":{"name":"g","arguments":"nonsense"}},
            {"id":"c3","type":"function","function":{"name":"h","arguments":{"b":2}}},
            {"id":"c4","type":"custom","custom":{"name":"x","input":"words"}}]},
        {"role":"tool","tool_call_id":"c2","content":"done"}]})");
    std::vector<std::string> told;
    for (const bw::chat::Turn& turn : body->turns()) {
        for (const bw::chat::ToolCall& call : turn.tool_calls()) {
            told.push_back(call.id() + " " + call.name() + " " + call.arguments() + " " +
                           call.arguments_object() + " " + call.param());
        }
        if (turn.is_tool_result()) told.push_back(body->tool_names().of(turn.tool_call_id()));
    }
    EXPECT_THAT(told, ElementsAre(R"(c1 f {"a":1} {"a":1} messages[1].tool_calls[0])",
                                  "c2 g nonsense {} messages[1].tool_calls[1]",
                                  R"(c3 h {"b":2} {"b":2} messages[1].tool_calls[2])",
                                  "c4 x words {} messages[1].tool_calls[3]", "g"));
    EXPECT_FALSE(body->problem());
}

TEST(ChatRequest, GivesTheOldFunctionsAsTools) {
    const Body body(R"({"functions":[{"name":"f","description":"d","parameters":{"type":"object"}}],
        "function_call":{"name":"f"},"messages":[{"role":"user","content":"u"},
        {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
        {"role":"function","name":"f","content":"r"}]})");
    const bw::chat::Tool tool = *body->tools().begin();
    EXPECT_EQ(tool.name(), "f");
    EXPECT_EQ(tool.schema(), R"({"type":"object"})");
    EXPECT_EQ(body->tool_choice().mode, bw::chat::ToolMode::named);
    std::string ids;
    for (const bw::chat::Turn& turn : body->turns()) {
        for (const bw::chat::ToolCall& call : turn.tool_calls()) ids += "call " + call.id();
        if (turn.is_tool_result()) ids += " result " + turn.tool_call_id();
    }
    EXPECT_EQ(ids, "call f result f") << "the result finds its call";
    EXPECT_FALSE(body->problem());
}

TEST(ChatRequest, GivesTools) {
    const Body body(R"({"messages":[],"tools":[
        {"type":"function","function":{"name":"f","description":"d","strict":true,
         "parameters":{"type":"object","properties":{"a":{}}}}},
        {"type":"function","function":{"name":"bare"}},
        {"type":"custom","custom":{"name":"c"}},{"type":"web_search"}]})");
    std::vector<std::string> told;
    for (const bw::chat::Tool& tool : body->tools()) {
        told.push_back(tool.type() + " " + tool.name() + " " + tool.description().string() + " " +
                       std::string(tool.schema()) + " " + tool.param());
    }
    const std::string empty = R"({"type":"object","properties":{}})";
    EXPECT_THAT(
        told,
        ElementsAre(R"(function f d {"type":"object","properties":{"a":{}}} tools[0])",
                    "function bare  " + empty + " tools[1]", "custom c  " + empty + " tools[2]",
                    "web_search   " + empty + " tools[3]"));
    EXPECT_EQ((*body->tools().begin()).strict(), true);
}

TEST(ChatRequest, ReadsTheChoiceOfTools) {
    using bw::chat::ToolMode;
    const auto choice = [](const std::string& json) {
        return Body(R"({"tool_choice":)" + json + "}")->tool_choice();
    };
    EXPECT_EQ(choice("null").mode, ToolMode::unsaid);
    EXPECT_EQ(choice(R"("none")").mode, ToolMode::none);
    EXPECT_EQ(choice(R"("auto")").mode, ToolMode::automatic);
    EXPECT_EQ(choice(R"("required")").mode, ToolMode::required);
    const auto named = choice(R"({"type":"function","function":{"name":"f"}})");
    EXPECT_EQ(named.mode, ToolMode::named);
    EXPECT_EQ(named.name, "f");
    EXPECT_EQ(
        choice(R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[]}})").mode,
        ToolMode::required);
    EXPECT_FALSE(choice(R"("sometimes")").understood);
    EXPECT_FALSE(choice("7").understood);
}

TEST(ChatRequest, KnowsWhichToolsAreAllowed) {
    const Body body(R"({"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto",)"
                    R"("tools":[{"type":"function","function":{"name":"a"}},)"
                    R"({"type":"function","name":"b"}]}}})");
    EXPECT_TRUE(body->tool_choice().allows("a"));
    EXPECT_TRUE(body->tool_choice().allows("b"));
    EXPECT_FALSE(body->tool_choice().allows("c"));
    EXPECT_TRUE(Body(R"({"tool_choice":"required"})")->tool_choice().allows("c"));
}

TEST(ChatRequest, MakesIdsPlainForUpstreamsThatTakeNoOthers) {
    EXPECT_EQ(bw::chat::plain_id("functions.get:0 é"), "functions_get_0___");
    EXPECT_EQ(bw::chat::plain_id("toolu_01-A"), "toolu_01-A");
}

TEST(ChatRequest, ReadsTheFormOfTheAnswer) {
    const Body body(R"({"response_format":{"type":"json_schema","json_schema":
        {"name":"n","strict":false,"schema":{"type":"object"}}}})");
    const auto format = body->response_format();
    EXPECT_EQ(format.kind, bw::chat::FormatKind::json_schema);
    EXPECT_EQ(format.name, "n");
    EXPECT_EQ(format.schema.raw(), R"({"type":"object"})");
    EXPECT_EQ(format.strict, false);
    EXPECT_EQ(Body("{}")->response_format().kind, bw::chat::FormatKind::text);
    EXPECT_EQ(Body(R"({"response_format":{"type":"json_object"}})")->response_format().kind,
              bw::chat::FormatKind::json_object);
}

TEST(ChatRequest, ReadsLimitsAndSampling) {
    const Body body(R"({"max_tokens":5,"max_completion_tokens":7,"temperature":0.5,"top_p":1,
        "presence_penalty":-1,"frequency_penalty":2,"seed":-3,"n":2,"logprobs":true,
        "top_logprobs":4,"stop":["a","","b"],"reasoning_effort":"low","stream":true,"user":"u",
        "parallel_tool_calls":false,"model":"m","metadata":{"k":"v"}})");
    EXPECT_EQ(body->max_tokens(), 7);
    EXPECT_EQ(body->temperature(), 0.5);
    EXPECT_EQ(body->top_p(), 1.0);
    EXPECT_EQ(body->presence_penalty(), -1.0);
    EXPECT_EQ(body->frequency_penalty(), 2.0);
    EXPECT_EQ(body->seed(), -3);
    EXPECT_EQ(body->n(), 2);
    EXPECT_TRUE(body->logprobs());
    EXPECT_EQ(body->top_logprobs(), 4);
    EXPECT_THAT(body->stop(), ElementsAre("a", "b"));
    EXPECT_EQ(body->reasoning_effort(), "low");
    EXPECT_TRUE(body->stream());
    EXPECT_EQ(body->user(), "u");
    EXPECT_EQ(body->parallel_tool_calls(), false);
    EXPECT_EQ(body->model(), "m");
    EXPECT_EQ((*body)["metadata"]["k"].string(), "v");
    EXPECT_EQ(Body(R"({"max_completion_tokens":null,"max_tokens":5})")->max_tokens(), 5);
    EXPECT_EQ(Body("{}")->max_tokens(), std::nullopt);
    EXPECT_EQ(Body("{}")->n(), 1);
    EXPECT_THAT(Body(R"({"stop":"x"})")->stop(), ElementsAre("x"));
}

TEST(ChatRequest, NamesTheMemberThatIsWrong) {
    const auto wrong = [](const std::string& json) {
        const Body body(json);
        const auto problem = body->problem();
        return problem ? problem->param : std::string("nothing");
    };
    const auto message = [&](const std::string& second) {
        return wrong(R"({"messages":[{"role":"user","content":"u"},)" + second + "]}");
    };
    EXPECT_EQ(wrong("[]"), "");
    EXPECT_EQ(wrong("{}"), "messages");
    EXPECT_EQ(wrong(R"({"messages":[]})"), "messages");
    EXPECT_EQ(wrong(R"({"messages":{}})"), "messages");
    EXPECT_EQ(message("7"), "messages[1]");
    EXPECT_EQ(message(R"({"content":"x"})"), "messages[1].role");
    EXPECT_EQ(message(R"({"role":"narrator","content":"x"})"), "messages[1].role");
    EXPECT_EQ(message(R"({"role":"user"})"), "messages[1].content");
    EXPECT_EQ(message(R"({"role":"user","content":7})"), "messages[1].content");
    EXPECT_EQ(message(R"({"role":"user","content":[7]})"), "messages[1].content[0].type");
    EXPECT_EQ(message(R"({"role":"user","content":[{"type":"text"}]})"),
              "messages[1].content[0].text");
    EXPECT_EQ(message(R"({"role":"user","content":["a",{"type":"image_url","image_url":{}}]})"),
              "messages[1].content[1].image_url");
    EXPECT_EQ(message(R"({"role":"user","content":[
                  {"type":"image_url","image_url":{"url":"data:image/png;base64,"}}]})"),
              "messages[1].content[0].image_url");
    EXPECT_EQ(message(R"({"role":"user","content":[{"type":"input_audio","input_audio":{}}]})"),
              "messages[1].content[0].input_audio");
    EXPECT_EQ(message(R"({"role":"user","content":[{"type":"file","file":{}}]})"),
              "messages[1].content[0].file");
    EXPECT_EQ(message(R"({"role":"assistant","tool_calls":{}})"), "messages[1].tool_calls");
    EXPECT_EQ(message(R"({"role":"assistant","tool_calls":[{"function":{"name":"f"}}]})"),
              "messages[1].tool_calls[0].id");
    EXPECT_EQ(message(R"({"role":"assistant","tool_calls":[{"id":"c"}]})"),
              "messages[1].tool_calls[0].function.name");
    EXPECT_EQ(message(R"({"role":"tool","content":"r"})"), "messages[1].tool_call_id");
    EXPECT_EQ(message(R"({"role":"function","content":"r"})"), "messages[1].name");
    const std::string begin = R"({"messages":[{"role":"user","content":"u"}],)";
    EXPECT_EQ(wrong(begin + R"("tools":7})"), "tools");
    EXPECT_EQ(wrong(begin + R"("tools":[7]})"), "tools[0]");
    EXPECT_EQ(wrong(begin + R"("tools":[{"type":"function"}]})"), "tools[0].function.name");
    EXPECT_EQ(wrong(begin + R"("tools":[{"type":"function","function":{"name":"f",)"
                            R"("parameters":"x"}}]})"),
              "tools[0].function.parameters");
    EXPECT_EQ(wrong(begin + R"("tool_choice":"x"})"), "tool_choice");
    EXPECT_EQ(wrong(begin + R"("response_format":"x"})"), "response_format");
    EXPECT_EQ(wrong(begin + R"("response_format":{"type":"x"}})"), "response_format.type");
    EXPECT_EQ(wrong(begin + R"("response_format":{"type":"json_schema"}})"),
              "response_format.json_schema.name");
    EXPECT_EQ(wrong(begin + R"("stop":7})"), "stop");
    EXPECT_EQ(wrong(begin + R"("stop":["a",7]})"), "stop[1]");
    EXPECT_EQ(wrong(begin + R"("max_tokens":"5"})"), "max_tokens");
    EXPECT_EQ(wrong(begin + R"("max_tokens":5.5})"), "max_tokens");
    EXPECT_EQ(wrong(begin + R"("temperature":1e999})"), "temperature");
    EXPECT_EQ(wrong(begin + R"("stream":"yes"})"), "stream");
    EXPECT_EQ(wrong(begin + R"("temperature":null,"tools":null,"stop":null})"), "nothing");
}

TEST(ChatRequest, SaysWhatIsWrongToAPerson) {
    const Body body(R"({"messages":[{"role":"user","content":"u"}],"stop":7})");
    EXPECT_EQ(body->problem()->message, "stop must be a text or an array of texts");
}

}  // namespace
