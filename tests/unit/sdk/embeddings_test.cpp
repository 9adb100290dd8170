// Embeddings: what the upstream is asked for, and what the client gets.
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>
#include <string>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

const std::string k_numbers = "[0.25,-0.5,1]";
const std::string k_base64 = "\"AACAPgAAAL8AAIA/\"";

std::string reply_with(const std::string& embedding) {
    return R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":)" + embedding +
           R"(}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})";
}

Asked embedding(const std::string& format) {
    Asked asked;
    asked.operation = BW_OP_EMBEDDINGS;
    asked.body = R"({"model":"m", )" + format + R"("input":"a"})";
    return asked;
}

// What no float holds is an error of the upstream's, unless it is too small to matter.
TEST(EmbeddingNumbers, AreRoundedOrRefused) {
    using bw::openai::detail::to_float;
    EXPECT_EQ(to_float("0.1"), 0.1f);
    EXPECT_EQ(to_float("1e-50"), 0.0f);
    EXPECT_EQ(to_float("1e-400"), 0.0f);
    EXPECT_FALSE(to_float("1e39"));
    EXPECT_FALSE(to_float("-1e39"));
    EXPECT_FALSE(to_float("1e400"));
    EXPECT_FALSE(to_float("null"));
}

TEST(OneEmbedding, IsOfTheFormAskedFor) {
    using bw::openai::embedding_as;
    EXPECT_EQ(embedding_as(Value(k_numbers), false), k_numbers);
    EXPECT_EQ(embedding_as(Value(k_numbers), true), k_base64);
    EXPECT_EQ(embedding_as(Value(k_base64), false), k_numbers);
    EXPECT_EQ(embedding_as(Value(k_base64), true), k_base64);
    for (const char* odd : {"", "null", "{}", "1", "[[1]]", "[1,\"2\"]", "\"AAA=\"", "\"?\""}) {
        EXPECT_FALSE(embedding_as(Value(odd), false)) << odd;
        EXPECT_FALSE(embedding_as(Value(odd), true)) << odd;
    }
}

TEST(EmbeddingTexts, AreOneOrAList) {
    using bw::openai::embedding_texts;
    EXPECT_EQ(embedding_texts(Value("\"a\""))->size(), 1U);
    EXPECT_EQ(embedding_texts(Value("[\"a\",\"b\"]"))->at(1).string(), "b");
    for (const char* none : {"", "null", "[]", "{}", "7"}) {
        EXPECT_TRUE(embedding_texts(Value(none))->empty()) << none;
    }
    for (const char* others : {"[1,2]", "[[1]]", "[\"a\",null]"}) {
        EXPECT_FALSE(embedding_texts(Value(others))) << others;
    }
}

TEST(EmbeddingsReply, IsOpenAis) {
    using bw::openai::embeddings_reply;
    EXPECT_EQ(embeddings_reply("m", {Value(k_base64), Value("[2]")}, false, 9),
              R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":)" +
                  k_numbers + R"(},{"object":"embedding","index":1,"embedding":[2]}],)" +
                  R"("model":"m","usage":{"prompt_tokens":9,"total_tokens":9}})");
    EXPECT_FALSE(embeddings_reply("m", {Value("[2]"), Value()}, true, 9));
}

class FloatsOnly : public PluginTest {
  protected:
    FloatsOnly() : PluginTest("holysheep") {}
};

TEST_F(FloatsOnly, AsksForNumbersAndGivesBase64) {
    const Result result =
        call(embedding(R"("encoding_format" : "base64", )"), {200, {}, reply_with(k_numbers)});
    EXPECT_EQ(result.sent.body, R"({"model":"m", "encoding_format" : "float", "input":"a"})");
    EXPECT_EQ(result.reply(), reply_with(k_base64));
}

TEST_F(FloatsOnly, LeavesOtherRequestsAsTheyAre) {
    for (const char* format : {"", R"("encoding_format":"float",)", R"("encoding_format":null,)"}) {
        const Asked asked = embedding(format);
        const Result result = call(asked, {200, {}, reply_with(k_numbers)});
        EXPECT_EQ(result.sent.body, asked.body);
        EXPECT_TRUE(result.sent.body_borrowed);
        EXPECT_EQ(result.reply(), reply_with(k_numbers));
    }
    Asked chat = complete();
    chat.body = R"({"model":"m","messages":[],"encoding_format":"base64"})";
    EXPECT_EQ(call(chat).sent.body, chat.body);
}

class EitherForm : public PluginTest {
  protected:
    EitherForm() : PluginTest("openai") {}
};

TEST_F(EitherForm, IsAskedForAsTheClientAsks) {
    const Asked asked = embedding(R"("encoding_format":"base64",)");
    const Result result = call(asked, {200, {}, reply_with(k_base64)});
    EXPECT_EQ(result.sent.body, asked.body);
    EXPECT_EQ(result.reply(), reply_with(k_base64));
    EXPECT_EQ(call(embedding(""), {200, {}, reply_with(k_base64)}).reply(), reply_with(k_numbers));
}

TEST_F(EitherForm, MayBeRefusedByTheConfig) {
    const std::string config =
        R"({"name":"openai","base_url":"http://127.0.0.1:1/v1","base64_embeddings":false})";
    const Result result = call_with(config, embedding(R"("encoding_format":"base64",)"),
                                    {200, {}, reply_with(k_numbers)});
    EXPECT_EQ(Value(result.sent.body)["encoding_format"].string(), "float");
    EXPECT_EQ(result.reply(), reply_with(k_base64));
}

}  // namespace
