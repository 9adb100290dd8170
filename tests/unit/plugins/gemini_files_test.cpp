// Uploads, embeddings and the list of models of the Gemini API.
#include "plugins/gemini_fixture.hpp"

#include <bellwether/base64.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace bw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GeminiFiles : public GeminiTest {
  protected:
    GeminiFiles() {
        config_ = R"({"name":"g","base_url":"https://generativelanguage.googleapis.com/v1beta",
            "inline_bytes_max":8,"upload_origin":"https://uploads.test"})";
        host.origins = {"https://uploads.test"};
    }

    Result in_turn(const Asked& asked, const std::vector<Response>& responses) {
        Instance instance(host, library_.table(), config_);
        EXPECT_FALSE(instance.error());
        return instance.call_in_turn(asked, responses, 1);
    }
    // Two pictures that fit, one that is too much beside them, and a word.
    static Asked with_pictures() {
        return asking(R"("messages":[{"role":"system","content":"s"},{"role":"user","content":[
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
            {"type":"image_url","image_url":{"url":"data:image/gif;base64,aGVsbG8h"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,BBBB"}},
            {"type":"text","text":"look"}]}])");
    }
    static Response started(const std::string& granularity = "4") {
        return {200,
                {{"x-goog-upload-url", "https://uploads.test/up?upload_id=1"},
                 {"x-goog-upload-status", "active"},
                 {"x-goog-upload-chunk-granularity", granularity}},
                ""};
    }
    static Response uploaded(const std::string& state) {
        return {
            200,
            {},
            R"({"file":{"name":"files/f1","uri":"https://g.test/\"f1","state":")" + state + "\"}}"};
    }
};

TEST_F(GeminiFiles, WhatIsTooMuchIsUploadedFirst) {
    const Result got =
        in_turn(with_pictures(), {started(), uploaded("ACTIVE"), said(R"([{"text":"seen"}])")});
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_EQ(got.text(), "seen");
    EXPECT_EQ(got.sent.url, "https://generativelanguage.googleapis.com/upload/v1beta/files");
    EXPECT_THAT(got.sent.auth, ElementsAre("api_key"));
    EXPECT_EQ(got.sent.header("x-goog-upload-protocol"), "resumable");
    EXPECT_EQ(got.sent.header("x-goog-upload-command"), "start");
    EXPECT_EQ(got.sent.header("x-goog-upload-header-content-length"), "6");
    EXPECT_EQ(got.sent.header("x-goog-upload-header-content-type"), "image/gif");
    EXPECT_EQ(got.sent.body, R"({"file":{}})");
    ASSERT_EQ(got.sent_later.size(), 2U);
    const Sent& piece = got.sent_later[0];
    EXPECT_EQ(piece.url, "https://uploads.test/up?upload_id=1");
    EXPECT_THAT(piece.auth, IsEmpty());
    EXPECT_EQ(piece.header("x-goog-upload-command"), "upload, finalize");
    EXPECT_EQ(piece.header("x-goog-upload-offset"), "0");
    EXPECT_EQ(piece.header("x-goog-api-key"), "");
    EXPECT_EQ(piece.body, "hello!");
    const Sent& question = got.sent_later[1];
    EXPECT_THAT(question.url, HasSubstr(":generateContent"));
    EXPECT_THAT(question.auth, ElementsAre("api_key"));
    ASSERT_TRUE(json::valid(question.body)) << question.body;
    const json::Value parts = json::Value(question.body)["contents"].at(0)["parts"];
    EXPECT_EQ(parts.at(0)["inlineData"]["data"].string(), "AAAA");
    EXPECT_EQ(parts.at(1)["fileData"]["fileUri"].string(), "https://g.test/\"f1");
    EXPECT_EQ(parts.at(1)["fileData"]["mimeType"].string(), "image/gif");
    EXPECT_EQ(parts.at(2)["inlineData"]["data"].string(), "BBBB");
    EXPECT_EQ(parts.at(3)["text"].string(), "look");
}

TEST_F(GeminiFiles, ALongFileGoesInPieces) {
    const std::string granularity = std::to_string(4 << 20);
    const std::size_t bytes = (8 << 20) + 5;
    const std::string asked = R"("messages":[{"role":"user","content":[{"type":"file","file":
        {"filename":"a.pdf","file_data":"data:application/pdf;base64,)" +
                              base64::encode(std::string(bytes, 'x')) + R"("}}]}])";
    const Result got = in_turn(
        asking(asked),
        {started(granularity), {200, {}, ""}, uploaded("ACTIVE"), said(R"([{"text":"ok"}])")});
    ASSERT_TRUE(got.ok()) << got.error->message;
    ASSERT_EQ(got.sent_later.size(), 3U);
    EXPECT_EQ(got.sent.body, R"({"file":{"displayName":"a.pdf"}})");
    EXPECT_EQ(got.sent_later[0].header("x-goog-upload-command"), "upload");
    EXPECT_EQ(got.sent_later[0].body.size(), std::size_t{8 << 20});
    EXPECT_EQ(got.sent_later[1].header("x-goog-upload-command"), "upload, finalize");
    EXPECT_EQ(got.sent_later[1].header("x-goog-upload-offset"), std::to_string(8 << 20));
    EXPECT_EQ(got.sent_later[1].body, "xxxxx");
}

TEST_F(GeminiFiles, AFilmIsWaitedFor) {
    const Response there = {200, {}, R"({"name":"files/f1","uri":"https://g.test/f1",
                                         "state":"ACTIVE"})"};
    const Response not_yet = {200, {}, R"({"name":"files/f1","uri":"https://g.test/f1",
                                           "state":"PROCESSING"})"};
    const Result got = in_turn(with_pictures(), {started(), uploaded("PROCESSING"), not_yet, there,
                                                 said(R"([{"text":"ok"}])")});
    ASSERT_TRUE(got.ok()) << got.error->message;
    ASSERT_EQ(got.sent_later.size(), 4U);
    EXPECT_EQ(got.sent_later[1].method, "GET");
    EXPECT_EQ(got.sent_later[1].url, "https://generativelanguage.googleapis.com/v1beta/files/f1");
    EXPECT_EQ(got.sent_later[1].wait_ms, 1000);
    EXPECT_THAT(got.sent_later[1].auth, ElementsAre("api_key"));
    EXPECT_THAT(got.sent_later[3].body, HasSubstr("https://g.test/f1"));
}

TEST_F(GeminiFiles, WhatGoesWrongWithAnUploadIsTold) {
    const auto status = [this](const std::vector<Response>& responses) {
        return in_turn(with_pictures(), responses).status();
    };
    EXPECT_EQ(status({{403, {}, R"({"error":{"code":403,"status":"PERMISSION_DENIED"}})"}}),
              BW_E_AUTH);
    EXPECT_EQ(status({{200, {}, ""}}), BW_E_PROTOCOL);
    for (const char* url : {"https://elsewhere.test/up", "https://uploads.test/a b", "x", ""}) {
        EXPECT_EQ(status({{200, {{"x-goog-upload-url", url}}, ""}}), BW_E_PROTOCOL) << url;
    }
    EXPECT_EQ(status({started(), {503, {}, "busy"}}), BW_E_UPSTREAM);
    EXPECT_EQ(status({started(), {200, {}, "{}"}}), BW_E_PROTOCOL);
    EXPECT_EQ(status({started(), {200, {}, "{"}}), BW_E_PROTOCOL);
    EXPECT_EQ(status({started(), uploaded("FAILED")}), BW_E_INVALID);
    EXPECT_EQ(status({started(), {200, {}, R"({"file":{"name":"files/../x","uri":"u"}})"}}),
              BW_E_PROTOCOL);
    const Result no_base64 =
        in_turn(asking(R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":
                  {"url":"data:image/png;base64,!!!!!!!!!!!!"}}]}])"),
                {started()});
    EXPECT_EQ(no_base64.status(), BW_E_INVALID);
    EXPECT_EQ(no_base64.error->param, "messages[0].content[0].image_url");
}

Asked embedding(const std::string& members, const std::string& model = "gemini-embedding-001") {
    Asked asked = asking(members, model);
    asked.operation = BW_OP_EMBEDDINGS;
    return asked;
}

TEST_F(GeminiFiles, EmbeddingsComeInBatches) {
    std::string input = "[";
    std::string first = R"({"embeddings":[)";
    for (int i = 0; i < 101; ++i) {
        input += i == 0 ? R"("é\n")" : ",\"t\"";
        if (i < 100) first += i == 0 ? R"({"values":[1]})" : R"(,{"values":[2.5]})";
    }
    const Result got = in_turn(embedding(R"("input":)" + input + R"(],"dimensions":256)"),
                               {{200, {}, first + R"(],"usageMetadata":{"promptTokenCount":7}})"},
                                {200, {}, R"({"embeddings":[{"values":[-1,0.5]}]})"}});
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_THAT(got.sent.url, HasSubstr("models/gemini-embedding-001:batchEmbedContents"));
    EXPECT_EQ(json::Value(got.sent.body)["requests"].at(0).raw(),
              R"({"model":"models/gemini-embedding-001","content":{"parts":[{"text":"é\n"}]},)"
              R"("outputDimensionality":256})");
    ASSERT_EQ(got.sent_later.size(), 1U);
    const std::string reply = got.reply();
    const json::Value last = json::Value(reply)["data"].at(100);
    EXPECT_EQ(last.raw(), R"({"object":"embedding","index":100,"embedding":[-1,0.5]})");
    EXPECT_EQ(json::Value(reply)["usage"]["prompt_tokens"].integer(), 7);
    EXPECT_EQ(got.usage->input_tokens, 7);
}

TEST_F(GeminiFiles, EmbeddingsComeInTheFormAskedFor) {
    const Result got = in_turn(embedding(R"("input":"a","encoding_format":"base64")"),
                               {{200, {}, R"({"embeddings":[{"values":[1]}]})"}});
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(json::Value(got.reply())["data"].at(0)["embedding"].string(), "AACAPw==");
    for (const char* body :
         {"", "{", "{}", "[]", R"({"embeddings":[]})", R"({"embeddings":[{"values":{}}]})",
          R"({"embeddings":[{"values":["x"]}]})",
          R"({"embeddings":[{"values":[1]},{"values":[1]}]})"}) {
        const Result odd = in_turn(embedding(R"("input":"a")"), {{200, {}, body}});
        EXPECT_EQ(odd.status(), BW_E_PROTOCOL) << body;
    }
    EXPECT_EQ(in_turn(embedding(R"("input":[1,2])"), {}).error->param, "input");
    EXPECT_EQ(in_turn(embedding(R"("input":[])"), {}).status(), BW_E_INVALID);
}

TEST_F(GeminiFiles, ModelsAreListedPageByPage) {
    Asked asked = asking(R"("x":1)");
    asked.operation = BW_OP_MODELS;
    const Result got =
        in_turn(asked, {{200, {}, R"({"models":[{"name":"models/a","inputTokenLimit":5},
                                      {"name":7}],"nextPageToken":"p&q"})"},
                        {200, {}, R"({"models":[{"name":"tunedModels/b"}]})"}});
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_THAT(got.models, ElementsAre("a", "tunedModels/b"));
    EXPECT_EQ(got.sent.method, "GET");
    ASSERT_EQ(got.sent_later.size(), 1U);
    EXPECT_THAT(got.sent_later[0].url, HasSubstr("/v1beta/models?pageSize=1000&pageToken=p%26q"));
    EXPECT_EQ(in_turn(asked, {{200, {}, "{"}}).status(), BW_E_PROTOCOL);
}

}  // namespace
}  // namespace bw::testing
