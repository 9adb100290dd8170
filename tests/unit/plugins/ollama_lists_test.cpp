// The ollama plugin's embeddings and its list of models.
#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <vector>

#include "ollama_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using Names = std::vector<std::string>;
using OllamaLists = OllamaTest;

TEST_F(OllamaLists, GivesEmbeddings) {
    const Response two = {200,
                          {},
                          R"({"model":"e","embeddings":[[0.5,-1],[2,1e-50]],)"
                          R"("total_duration":1,"prompt_eval_count":8})"};
    const Result floats = embed(R"("input":["a","b"],"dimensions":2)", two);
    ASSERT_TRUE(floats.ok());
    EXPECT_EQ(floats.sent.url, "http://127.0.0.1:11434/api/embed");
    EXPECT_EQ(floats.sent.body, R"({"model":"e","options":{},"input":["a","b"],"dimensions":2})");
    EXPECT_EQ(floats.reply(), R"({"object":"list","model":"e","data":[)"
                              R"({"object":"embedding","index":0,"embedding":[0.5,-1]},)"
                              R"({"object":"embedding","index":1,"embedding":[2,1e-50]}],)"
                              R"("usage":{"prompt_tokens":8,"total_tokens":8}})");
    EXPECT_EQ(floats.usage->input_tokens, 8);
    const Result text = embed(R"("input":["a","b"],"encoding_format":"base64")", two);
    EXPECT_EQ(Value(text.reply())["data"].at(0)["embedding"].string(), "AAAAPwAAgL8=");
    EXPECT_EQ(Value(text.reply())["data"].at(1)["embedding"].string(), "AAAAQAAAAAA=");
    EXPECT_EQ(embed(R"("input":"a")", two).status(), BW_E_PROTOCOL) << "one too many";
    for (const char* input : {R"("input":[1,2])", R"("input":[[1]])", R"("input":7)", R"("x":1)"}) {
        const Result refused = embed(input, two);
        EXPECT_EQ(refused.status(), BW_E_UNSUPPORTED) << input;
        EXPECT_EQ(refused.error->param, "input");
    }
    for (const char* body : {"{}", R"({"embeddings":7})", R"({"embeddings":[7]})", "[", ""}) {
        EXPECT_EQ(embed(R"("input":"a")", {200, {}, body}).status(), BW_E_PROTOCOL) << body;
    }
    EXPECT_EQ(
        embed(R"("input":"a","encoding_format":"base64")", {200, {}, R"({"embeddings":[[1,"a"]]})"})
            .status(),
        BW_E_PROTOCOL);
}

TEST_F(OllamaLists, ListsModels) {
    Instance ollama(host, library_.table(), k_config);
    const Result result =
        ollama.list_models({200,
                            {},
                            R"({"models":[{"name":"qwen3:8b","model":"qwen3:8b","size":5225388164,)"
                            R"("details":{"family":"qwen3"}},{"model":"llama3.2:latest"},{},7]})"});
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.sent.method, "GET");
    EXPECT_EQ(result.sent.url, "http://127.0.0.1:11434/api/tags");
    EXPECT_EQ(result.models, (Names{"qwen3:8b", "llama3.2:latest"}));
    for (const char* body : {"", "{", "{}", "[]", R"({"models":7})", "<html>"}) {
        EXPECT_EQ(ollama.list_models({200, {}, body}).status(), BW_E_PROTOCOL) << body;
    }
    EXPECT_EQ(ollama.list_models({401, {}, R"({"error":"unauthorized"})"}).status(), BW_E_AUTH);
}

}  // namespace
