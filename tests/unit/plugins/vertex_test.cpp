// The vertex plugin: the places of Vertex AI, and where its dialect differs.
#include "plugins/gemini_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace bw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string config(const std::string& base_url, const std::string& region) {
    return R"({"name":"v","project":"p-1","base_url":")" + base_url + R"(","region":")" + region +
           "\"}";
}

class VertexTest : public PluginTest {
  protected:
    VertexTest()
        : PluginTest("vertex",
                     config("https://us-central1-aiplatform.googleapis.com", "us-central1")) {
        host.secrets = {"service_account_key"};
        host.origins = {"https://aiplatform.googleapis.com",
                        "https://aiplatform.eu.rep.googleapis.com"};
    }
    std::string url_of(const std::string& with, const std::string& model = "gemini-2.5-flash") {
        return call_with(with, asking(k_hello, model), said(R"([{"text":"x"}])")).sent.url;
    }
};

TEST_F(VertexTest, GoesToTheRegionsHost) {
    const std::string path = "/publishers/google/models/gemini-2.5-flash:generateContent";
    const Result got = call(asking(k_hello), said(R"([{"text":"x"}])"));
    EXPECT_EQ(got.text(), "x");
    EXPECT_THAT(got.sent.auth, ElementsAre("service_account_key"));
    EXPECT_EQ(got.sent.url,
              "https://us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/"
              "us-central1" +
                  path);
    EXPECT_EQ(url_of(config("https://global-aiplatform.googleapis.com", "global")),
              "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global" + path);
    EXPECT_EQ(url_of(config("https://eu-aiplatform.googleapis.com", "eu")),
              "https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu" + path);
    EXPECT_EQ(url_of(config("http://127.0.0.1:1", "global")),
              "http://127.0.0.1:1/v1/projects/p-1/locations/global" + path);
    EXPECT_THAT(url_of(config_, "google/gemini-2.5-pro"),
                HasSubstr("/publishers/google/models/gemini-2.5-pro:"));
    EXPECT_THAT(url_of(config_, "endpoints/12"), HasSubstr("/locations/global/endpoints/12:"));
}

TEST_F(VertexTest, NeedsAProject) {
    const Instance instance(host, library_.table(), R"({"name":"v","base_url":"https://x.test"})");
    ASSERT_TRUE(instance.error());
    EXPECT_EQ(instance.error()->status, BW_E_INVALID);
    EXPECT_THAT(instance.error()->message, HasSubstr("project"));
}

TEST_F(VertexTest, HasNoFilesAndNoTiers) {
    const Result file = call(asking(R"("messages":[{"role":"user","content":[{"type":"file",
        "file":{"file_id":"files/a"}}]}])"));
    EXPECT_EQ(file.status(), BW_E_UNSUPPORTED);
    EXPECT_EQ(file.error->param, "messages[0].content[0].file");
    const Result bucket = call(asking(R"("messages":[{"role":"user","content":[{"type":"file",
        "file":{"file_id":"gs://b/a.pdf"}}]}],"labels":{"team":"x"})"),
                               said("[]"));
    EXPECT_THAT(bucket.sent.body, HasSubstr(R"("fileUri":"gs://b/a.pdf")"));
    EXPECT_THAT(bucket.sent.body, HasSubstr(R"("labels":{"team":"x"})"));
    EXPECT_EQ(call(asking(std::string(k_hello) + R"(,"service_tier":"flex")")).status(),
              BW_E_UNSUPPORTED);
}

TEST_F(VertexTest, ErrorsAreTold) {
    struct Case {
        std::uint32_t http_status;
        const char* body;
        bw_status status;
        const char* code;
    };
    const Case k_cases[] = {
        {401, R"({"error":{"code":401,"status":"UNAUTHENTICATED","message":"m","details":[{"@type":
         "type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_EXPIRED"}]}})",
         BW_E_AUTH, "ACCESS_TOKEN_EXPIRED"},
        {403, R"({"error":{"code":403,"status":"PERMISSION_DENIED","message":"m","details":[{
         "reason":"IAM_PERMISSION_DENIED"}]}})",
         BW_E_AUTH, "IAM_PERMISSION_DENIED"},
        {404, R"({"error":{"code":404,"status":"NOT_FOUND","message":"Publisher Model"}})",
         BW_E_NOT_FOUND, "NOT_FOUND"},
        {429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED",
         "message":"Resource exhausted. Please try again later."}})",
         BW_E_RATE, "RESOURCE_EXHAUSTED"}};
    for (const Case& each : k_cases) {
        const Result got = call(asking(k_hello), {each.http_status, {}, each.body});
        ASSERT_TRUE(got.error);
        EXPECT_EQ(got.error->status, each.status) << each.body;
        EXPECT_EQ(got.error->code, each.code);
        EXPECT_EQ(got.error->retry_after_ms, 0);
    }
}

TEST_F(VertexTest, ArgumentsInPiecesWereNotAskedFor) {
    const Result got = call(streaming("gemini-3-pro-preview"),
                            events("data: {\"candidates\":[{\"content\":{\"parts\":[{"
                                   "\"functionCall\":{\"name\":\"f\",\"willContinue\":true,"
                                   "\"partialArgs\":[{\"jsonPath\":\"$.a\",\"stringValue\":"
                                   "\"x\"}]}}]}}]}\n\n"));
    EXPECT_EQ(got.status(), BW_E_PROTOCOL);
}

TEST_F(VertexTest, EmbeddingsArePredictions) {
    Asked asked = asking(R"("input":["a","b"],"dimensions":9)", "text-embedding-005");
    asked.operation = BW_OP_EMBEDDINGS;
    const Result got = call(asked, {200, {}, R"({"predictions":[
        {"embeddings":{"values":[1],"statistics":{"token_count":2}}},
        {"embeddings":{"values":[2],"statistics":{"token_count":3.0}}}]})"});
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_THAT(got.sent.url, HasSubstr("publishers/google/models/text-embedding-005:predict"));
    EXPECT_EQ(got.sent.body, R"({"instances":[{"content":"a"},{"content":"b"}],)"
                             R"("parameters":{"outputDimensionality":9}})");
    EXPECT_EQ(got.usage->input_tokens, 5);
    EXPECT_EQ(json::Value(got.reply())["data"].at(1)["embedding"].raw(), "[2]");
}

TEST_F(VertexTest, NewerEmbeddingsComeOneByOne) {
    Asked asked = asking(R"("input":["a","b"])", "gemini-embedding-2");
    asked.operation = BW_OP_EMBEDDINGS;
    Instance instance(host, library_.table(), config_);
    const Result got = instance.call_in_turn(
        asked, {{200, {}, R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":4}})"},
                {200, {}, R"({"embedding":{"values":[2]}})"}});
    ASSERT_TRUE(got.ok()) << got.error->message;
    EXPECT_THAT(got.sent.url, HasSubstr("gemini-embedding-2:embedContent"));
    EXPECT_EQ(got.sent.body, R"({"content":{"parts":[{"text":"a"}]}})");
    EXPECT_EQ(got.sent_later.size(), 1U);
}

TEST_F(VertexTest, ModelsArePublishers) {
    Asked asked = asking(R"("x":1)");
    asked.operation = BW_OP_MODELS;
    const Result got = call(asked, {200, {}, R"({"publisherModels":[
        {"name":"publishers/google/models/gemini-2.5-pro"}]})"});
    EXPECT_THAT(got.models, ElementsAre("gemini-2.5-pro"));
    EXPECT_EQ(got.sent.header("x-goog-user-project"), "p-1");
}

}  // namespace
}  // namespace bw::testing
