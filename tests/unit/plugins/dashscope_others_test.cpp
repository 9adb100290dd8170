// DashScope's embeddings, its tasks that make images, and what a request can cost at most.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "dashscope_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

// ---- embeddings ------------------------------------------------------------------------------

class DashScopeEmbeddings : public DashScopeTest {
  protected:
    static Asked asking_for(const std::string& members) {
        Asked asked;
        asked.operation = BW_OP_EMBEDDINGS;
        asked.model = "text-embedding-v4";
        asked.body = R"({"model":"text-embedding-v4")" + members + "}";
        return asked;
    }
    static Response answer(const std::string& list) {
        return {200,
                {},
                R"({"code":"","output":{"embeddings":[)" + list +
                    R"(]},"usage":{"total_tokens":9},"request_id":"r"})"};
    }
};

TEST_F(DashScopeEmbeddings, AreAskedForAsTexts) {
    const Result several = call(asking_for(
        R"(,"input":["a","b\n"],"dimensions":64,"text_type":"query","encoding_format":"float")"));
    EXPECT_EQ(several.sent.url, k_base_url + "/services/embeddings/text-embedding/text-embedding");
    EXPECT_EQ(several.sent.body, R"({"model":"text-embedding-v4","input":{"texts":["a","b\n"]},)"
                                 R"("parameters":{"dimension":64,"text_type":"query"}})");
    EXPECT_EQ(call(asking_for(R"(,"input":"a")")).sent.body,
              R"({"model":"text-embedding-v4","input":{"texts":["a"]},"parameters":{}})");
}

TEST_F(DashScopeEmbeddings, RefusesTokens) {
    for (const char* input : {"[1,2]", "[[1],[2]]", "[null]"}) {
        const Result result = call(asking_for(std::string(R"(,"input":)") + input));
        EXPECT_EQ(result.status(), BW_E_UNSUPPORTED);
        EXPECT_EQ(result.error->param, "input");
    }
    for (const char* members : {"", R"(,"input":[])", R"(,"input":{})", R"(,"input":null)"}) {
        EXPECT_EQ(call(asking_for(members)).status(), BW_E_INVALID) << members;
    }
}

TEST_F(DashScopeEmbeddings, AreGivenInTheOrderOfTheTexts) {
    const Response both = answer(R"({"embedding":[2],"text_index":1},)"
                                 R"({"embedding":[0.25,-0.5,1],"text_index":0})");
    for (const std::size_t cut : std::vector<std::size_t>{0, 1, 7}) {
        const Result result = call(asking_for(R"(,"input":["a","b"])"), both, cut);
        EXPECT_EQ(result.reply(),
                  R"({"object":"list","data":[{"object":"embedding","index":0,)"
                  R"("embedding":[0.25,-0.5,1]},{"object":"embedding","index":1,"embedding":[2]}],)"
                  R"("model":"text-embedding-v4","usage":{"prompt_tokens":9,"total_tokens":9}})");
        EXPECT_EQ(result.usage->input_tokens, 9);
    }
    const Result base64 =
        call(asking_for(R"(,"input":["a","b"],"encoding_format":"base64")"), both);
    EXPECT_EQ(Value(base64.reply())["data"].at(0)["embedding"].string(), "AACAPgAAAL8AAIA/");
}

TEST_F(DashScopeEmbeddings, ThatCannotBeRead) {
    for (const char* list :
         {"", "1", "{}", R"({"embedding":[[1]]})", R"({"embedding":["a"]})",
          R"({"embedding":[1],"text_index":1})", R"({"embedding":[1],"text_index":-1})",
          R"({"embedding":null,"text_index":0})"}) {
        EXPECT_EQ(call(asking_for(R"(,"input":"a")"), answer(list)).status(), BW_E_PROTOCOL)
            << list;
    }
    const std::string whole = answer(R"({"embedding":[1],"text_index":0})").body;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const Response cut = {200, {}, whole.substr(0, length)};
        EXPECT_EQ(call(asking_for(R"(,"input":"a")"), cut).status(), BW_E_PROTOCOL);
    }
    const Response refused = {429, {}, R"({"code":"Throttling.RateQuota","message":"m"})"};
    EXPECT_EQ(call(asking_for(R"(,"input":"a")"), refused).status(), BW_E_RATE);
}

// ---- images ----------------------------------------------------------------------------------

class DashScopeImages : public DashScopeTest {
  protected:
    static Asked asking_for(const std::string& members, std::int64_t deadline_ms = 0) {
        Asked asked;
        asked.operation = BW_OP_IMAGES;
        asked.model = "wan2.2-t2i-flash";
        asked.body = R"({"model":"wan2.2-t2i-flash","prompt":"a cat")" + members + "}";
        asked.deadline_ms = deadline_ms;
        return asked;
    }
    static Response told(const std::string& state, const std::string& members = "") {
        return {200,
                {},
                R"({"output":{"task_id":"t-1","task_status":")" + state + "\"" + members +
                    R"(},"request_id":"r"})"};
    }
    static Response done(const std::string& results, const std::string& usage) {
        return {200,
                {},
                R"({"output":{"task_id":"t-1","task_status":"SUCCEEDED","results":[)" + results +
                    R"(]},"usage":)" + usage + "}"};
    }
    Result in_turn(const std::vector<Response>& responses, std::int64_t deadline_ms = 0,
                   std::size_t cut = 0) {
        Instance instance(host, library_.table(), config_);
        return instance.call_in_turn(asking_for("", deadline_ms), responses, cut);
    }
};

const std::string k_two = R"({"url":"https://oss/1.png","orig_prompt":"a cat",)"
                          R"("actual_prompt":"a cat, sitting"},{"url":"https://oss/2.png"})";

TEST_F(DashScopeImages, AreATaskThatIsAskedForUntilItIsDone) {
    for (const std::size_t cut : std::vector<std::size_t>{0, 1, 7}) {
        const Result result =
            in_turn({told("PENDING"), told("PENDING"), told("RUNNING"), told("RUNNING"),
                     told("RUNNING"), told("RUNNING"), done(k_two, R"({"image_count":2})")},
                    0, cut);
        ASSERT_TRUE(result.ok()) << result.error->message;
        EXPECT_EQ(result.sent.url, k_base_url + "/services/aigc/text2image/image-synthesis");
        EXPECT_EQ(result.sent.header("x-dashscope-async"), "enable");
        EXPECT_EQ(result.reply(), R"({"created":1767225600,"data":[{"url":"https://oss/1.png",)"
                                  R"("revised_prompt":"a cat, sitting"},)"
                                  R"({"url":"https://oss/2.png"}]})");
        const decltype(result.units) images = {{"image", 2}};
        EXPECT_EQ(result.units, images);
        std::vector<std::int64_t> waits;
        for (const Sent& sent : result.sent_later) {
            EXPECT_EQ(sent.method, "GET");
            EXPECT_EQ(sent.url, k_base_url + "/tasks/t-1");
            EXPECT_EQ(sent.auth, std::vector<std::string>{"api_key"});
            waits.push_back(sent.wait_ms);
        }
        EXPECT_EQ(waits, (std::vector<std::int64_t>{1000, 1500, 2250, 3375, 5000, 5000}));
    }
}

TEST_F(DashScopeImages, Request) {
    EXPECT_EQ(call(asking_for(R"(,"n":2,"size":"1024x768","seed":7,"negative_prompt":"dog",)"
                              R"("prompt_extend":false,"quality":"auto","user":"u",)"
                              R"("response_format":"url")"),
                   told("FAILED"))
                  .sent.body,
              R"({"model":"wan2.2-t2i-flash","input":{"prompt":"a cat","negative_prompt":"dog"},)"
              R"("parameters":{"size":"1024*768","n":2,"seed":7,"prompt_extend":false}})");
    const std::map<std::string, std::string> refused = {
        {R"(,"response_format":"b64_json")", "response_format"},
        {R"(,"quality":"hd")", "quality"},
        {R"(,"stream":true)", "stream"},
        {R"(,"background":"transparent")", "background"}};
    for (const auto& [members, param] : refused) {
        const Result result = call(asking_for(members));
        EXPECT_EQ(result.status(), BW_E_UNSUPPORTED);
        EXPECT_EQ(result.error->param, param);
    }
    Asked empty = asking_for("");
    empty.body = R"({"prompt":""})";
    EXPECT_EQ(call(empty).error->param, "prompt");
}

TEST_F(DashScopeImages, OfWhichSomeFailed) {
    const std::string failed = R"({"code":"DataInspectionFailed","message":"m"})";
    const Result some = in_turn({told("PENDING"), done(k_two + "," + failed, "{}")});
    EXPECT_EQ(Value(some.reply())["data"].at(2).raw(), "");
    EXPECT_EQ(some.units.at(0).second, 2);
    EXPECT_EQ(in_turn({told("PENDING"), done(failed, "{}")}).status(), BW_E_CONTENT_FILTER);
    EXPECT_EQ(in_turn({told("PENDING"), done("", "{}")}).status(), BW_E_UPSTREAM);
}

TEST_F(DashScopeImages, TaskThatFails) {
    const std::map<std::string, bw_status> codes = {{"DataInspectionFailed", BW_E_CONTENT_FILTER},
                                                    {"InvalidParameter", BW_E_INVALID},
                                                    {"InternalError.Timeout", BW_E_UPSTREAM}};
    for (const auto& [code, status] : codes) {
        const Result result = in_turn(
            {told("PENDING"), told("FAILED", R"(,"code":")" + code + R"(","message":"no cats")")});
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error->status, status);
        EXPECT_EQ(result.error->code, code);
        EXPECT_EQ(result.error->message, "DashScope failed: no cats");
    }
    for (const char* lost : {"CANCELED", "UNKNOWN"}) {
        const Result result = in_turn({told("PENDING"), told(lost)});
        EXPECT_EQ(result.status(), BW_E_UPSTREAM);
        EXPECT_EQ(result.error->code, lost);
    }
    const Response refused = {400, {}, R"({"code":"DataInspectionFailed","message":"m"})"};
    EXPECT_EQ(in_turn({refused}).status(), BW_E_CONTENT_FILTER);
}

TEST_F(DashScopeImages, QuestionThatFailsIsAskedAgain) {
    const Response busy = {429, {{"retry-after", "4"}}, R"({"code":"Throttling","message":"m"})"};
    const Response down = {503, {}, "<html>"};
    const Result well = in_turn(
        {told("PENDING"), busy, down, down, down, told("RUNNING"), down, done(k_two, "{}")});
    ASSERT_TRUE(well.ok()) << well.error->message;
    EXPECT_EQ(well.sent_later.at(1).wait_ms, 4'000);
    EXPECT_EQ(in_turn({told("PENDING"), down, down, down, down, down}).status(), BW_E_UPSTREAM);
    EXPECT_EQ(in_turn({down}).status(), BW_E_UPSTREAM);  // no task was made
    const Response key = {401, {}, R"({"code":"InvalidApiKey","message":"m"})"};
    EXPECT_EQ(in_turn({told("PENDING"), key}).status(), BW_E_AUTH);
}

TEST_F(DashScopeImages, EndWithTheTimeOfTheAttempt) {
    const std::vector<Response> pending(20, told("PENDING"));
    const Result result = in_turn(pending, 5'000);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error->status, BW_E_UPSTREAM);
    EXPECT_EQ(result.error->code, "task_not_done");
    EXPECT_NE(result.error->message.find("t-1"), std::string::npos);
    EXPECT_EQ(result.sent_later.size(), 3U);  // after 1, 1.5 and 2.25 s
}

TEST_F(DashScopeImages, HostileAnswers) {
    for (const char* body :
         {"", "null", "[]", "{", "{}", R"({"output":[]})", R"({"output":{"task_id":""}})",
          R"({"output":{"task_id":7}})", R"({"output":{"task_id":"../x"}})",
          R"({"output":{"task_id":"a b"}})"}) {
        EXPECT_EQ(in_turn({{200, {}, body}}).status(), BW_E_PROTOCOL) << body;
    }
    const std::string whole = done(k_two, R"({"image_count":2})").body;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const Response cut = {200, {}, whole.substr(0, length)};
        EXPECT_EQ(in_turn({told("PENDING"), cut}).status(), BW_E_PROTOCOL) << length;
    }
    const Result odd =
        in_turn({told("PENDING"), done(k_two + ",null,[],7", R"({"image_count":-9})")});
    EXPECT_EQ(odd.units.at(0).second, 2);
}

// The host hands over valid JSON; a plugin of another host's may get anything.
TEST_F(DashScopeTest, HostileRequests) {
    const std::string deep(5'000, '[');
    const std::string bodies[] = {
        "",
        "null",
        "[]",
        "{",
        "\xFF",
        deep,
        R"({"messages":)" + deep,
        R"({"messages":[{"role":"user","content":)" + deep,
        R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})",
        R"({"messages":[{"role":"tool"}],"tools":[[]],"n":{}})",
        R"({"prompt":[],"size":7,"n":"x","input":{"a":)",
        R"({"input":[[[[1]]]],"dimensions":[]})"};
    for (const std::uint32_t operation : {BW_OP_CHAT, BW_OP_EMBEDDINGS, BW_OP_IMAGES}) {
        for (const std::string& body : bodies) {
            Asked asked;
            asked.operation = operation;
            asked.body = body;
            const bw_status status = call(asked).status();
            EXPECT_TRUE(status == BW_E_INVALID || status == BW_E_UNSUPPORTED)
                << operation << " " << body.substr(0, 80);
        }
    }
}

// ---- what a request can cost at most ---------------------------------------------------------

TEST_F(DashScopeTest, Estimate) {
    Instance instance(host, library_.table(), config_);
    using Most = std::map<std::string, std::int64_t>;
    Asked asked = asking(R"(,"enable_thinking":true,"thinking_budget":100,"n":2)");
    EXPECT_EQ(instance.estimate(asked).most, (Most{{"output.reasoning", 200}, {"input.image", 0}}));
    // Unlike others that serve this model, the plugin lets it think where no stream was asked for.
    EXPECT_EQ(instance.estimate(asking("", "qwen3-32b")).most,
              (Most{{"output.reasoning", 81'920}, {"input.image", 0}}));
    asked.operation = BW_OP_IMAGES;
    asked.body = R"({"n":3})";
    EXPECT_EQ(instance.estimate(asked).most, (Most{{"image", 3}}));
    asked.body = R"({"n":-3)";
    EXPECT_EQ(instance.estimate(asked).most, (Most{{"image", 1}}));
    asked.operation = BW_OP_EMBEDDINGS;
    EXPECT_EQ(instance.estimate(asked).most, Most());
}

TEST(DashScopeManifest, IsJson) {
    const Library library(BELLWETHER_PLUGIN_DIR "/dashscope.so");
    const Value manifest(library.table()->manifest);
    EXPECT_TRUE(bw::json::valid(manifest.raw()));
    EXPECT_EQ(manifest["operations"].at(2).string(), "images");
}

}  // namespace
