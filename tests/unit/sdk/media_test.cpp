// Images and speech of OpenAI-compatible upstreams: what is relayed, how it is counted, and what of
// it is no answer.
#include <bellwether/openai_compatible.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

Asked asking(std::uint32_t operation, std::string body) {
    Asked asked;
    asked.operation = operation;
    asked.model = "m";
    asked.body = std::move(body);
    return asked;
}
Asked speech(const std::string& input = "hello") {
    return asking(BW_OP_SPEECH,
                  R"({"model":"m","voice":"alloy","input":)" + bw::json::quote(input) + "}");
}
Asked images(const std::string& more = "") {
    return asking(BW_OP_IMAGES, R"({"model":"m","prompt":"a cat")" + more + "}");
}
const Headers k_mp3 = {{"content-type", "audio/mpeg"}};
const Headers k_json = {{"content-type", "application/json"}};

using Units = std::vector<std::pair<std::string, std::int64_t>>;
using Most = std::map<std::string, std::int64_t>;

std::string bytes_of(const Result& result) {
    std::string all;
    for (const std::string& piece : result.of_kind(BW_EMIT_BYTES)) all += piece;
    return all;
}

class Media : public PluginTest {
  protected:
    Media() : PluginTest("openai") {}
};

TEST_F(Media, SpeechIsRelayedAsItComes) {
    const std::string sound("\x49\x44\x33\0{\xff\xfe", 7);
    for (const std::size_t cut : {0U, 1U, 7U}) {
        const Result result = call(speech("สวัสดี, a"), {200, k_mp3, sound}, cut);
        ASSERT_TRUE(result.ok());
        EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/audio/speech");
        EXPECT_EQ(result.sent.frame, static_cast<std::uint32_t>(BW_FRAME_RAW));
        EXPECT_EQ(result.sent.header("accept"), "*/*");
        EXPECT_TRUE(result.sent.body_borrowed);
        EXPECT_EQ(bytes_of(result), sound);
        EXPECT_EQ(result.emitted.size(), cut == 1 ? 7U : 1U);
        EXPECT_EQ(result.emitted.at(0).content_type, "audio/mpeg");
        EXPECT_EQ(result.units, (Units{{"character", 9}}));
    }
}

TEST_F(Media, SoundOfNoTypeIsBytes) {
    for (const char* type : {"sound", "audio/mpeg; a\x0b b"}) {
        const Result result = call(speech(), {200, {{"content-type", type}}, "abc"});
        EXPECT_EQ(result.emitted.at(0).content_type, "application/octet-stream");
    }
}

TEST_F(Media, WhatIsNoSoundIsNoAnswer) {
    Result result = call(speech(), {200, k_mp3, ""});
    EXPECT_EQ(result.error->status, BW_E_PROTOCOL);
    EXPECT_EQ(result.error->code, "empty_reply");
    EXPECT_FALSE(result.usage);
    for (const char* page : {"<html>log in</html>", "[]", "{}", R"({"audio":"aGVsbG8="})", ""}) {
        const char* const type = *page == '<' ? "text/HTML; charset=utf-8" : "application/json";
        result = call(speech(), {200, {{"content-type", type}}, page});
        ASSERT_TRUE(result.error) << page;
        EXPECT_EQ(result.error->status, BW_E_PROTOCOL) << page;
        EXPECT_TRUE(result.emitted.empty());
        EXPECT_FALSE(result.usage);
    }
}

TEST_F(Media, ErrorsAreReadAsEver) {
    const std::string said =
        R"({"error":{"message":"Invalid voice","type":"invalid_request_error","param":"voice","code":"v"}})";
    for (const std::uint32_t status : {200U, 400U}) {
        for (const Asked& asked : {speech(), images()}) {
            const Result result = call(asked, {status, k_json, said});
            ASSERT_TRUE(result.error);
            EXPECT_EQ(result.error->param, "voice");
            EXPECT_EQ(result.error->raw, said);
            EXPECT_FALSE(result.usage);
        }
    }
    EXPECT_EQ(call(speech(), {429, k_json, "{}"}).error->status, BW_E_RATE);
    EXPECT_EQ(call(speech(), {401, k_json, said}).error->status, BW_E_AUTH);
}

TEST_F(Media, ImagesAreRelayedAndCounted) {
    const std::string reply = R"({"created":7, "data":[{"url":"a"},{"b64_json":"AA=="}]})";
    const Result result = call(images(R"(,"n":2)"), {200, k_json, reply}, 1);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/images/generations");
    EXPECT_EQ(result.reply(), reply);
    EXPECT_EQ(result.units, (Units{{"image", 2}}));
    EXPECT_EQ(result.usage.value().output_tokens, -1);
}

TEST_F(Media, ImagesThatAreCountedInTokensAreThat) {
    const Result result = call(
        images(),
        {200, k_json,
         R"({"data":[{"b64_json":"AA=="}],"usage":{"total_tokens":1066,"input_tokens":10,)"
         R"("output_tokens":1056,"input_tokens_details":{"text_tokens":10,"image_tokens":0}}})"});
    EXPECT_EQ(result.usage.value().input_tokens, 10);
    EXPECT_EQ(result.usage.value().output_tokens, 1056);
    EXPECT_EQ(result.units, (Units{{"image", 1}}));
}

TEST_F(Media, WhatHasNoImagesIsNoAnswer) {
    for (const char* body : {"{}", "[]", "", R"({"data":{}})", R"({"data":null})", R"({"data":[)",
                             R"({"choices":[{"message":{}}]})"}) {
        const Result result = call(images(), {200, k_json, body});
        ASSERT_TRUE(result.error) << body;
        EXPECT_EQ(result.error->status, BW_E_PROTOCOL) << body;
        EXPECT_TRUE(result.emitted.empty());
    }
}

TEST_F(Media, AStreamOfImagesIsRefused) {
    const Result result = call(images(R"(,"stream":true)"));
    EXPECT_EQ(result.error->status, BW_E_UNSUPPORTED);
    EXPECT_EQ(result.error->param, "stream");
}

// It would be counted as 0 characters.
TEST_F(Media, OnlyATextIsSpoken) {
    for (const char* input : {"", R"(,"input":null)", R"(,"input":["hello"])", R"(,"input":7)"}) {
        const Result result = call(
            asking(BW_OP_SPEECH, R"({"model":"m","voice":"alloy")" + std::string(input) + "}"));
        ASSERT_TRUE(result.error) << input;
        EXPECT_EQ(result.error->status, BW_E_INVALID) << input;
        EXPECT_EQ(result.error->param, "input") << input;
    }
}

TEST_F(Media, TellsTheMostBeforehand) {
    Instance instance(host, library_.table(), config_);
    const auto most = [&](const Asked& asked) { return instance.estimate(asked).most; };
    EXPECT_EQ(most(speech("สวัสดี")), (Most{{"character", 6}}));
    EXPECT_EQ(most(speech("")), Most());
    EXPECT_EQ(most(images()), (Most{{"image", 1}}));
    EXPECT_EQ(most(images(R"(,"n":4)")), (Most{{"image", 4}}));
    for (const char* odd : {R"(,"n":null)", R"(,"n":-3)", R"(,"n":"4")", R"(,"n":1e99)"}) {
        EXPECT_EQ(most(images(odd)), (Most{{"image", 1}})) << odd;
    }
    EXPECT_EQ(most(complete()), Most());
}

TEST(MediaTable, AnApiHasThemIfItsTableSaysSo) {
    bw::openai::Api api = {"id", "1", "V", "s", "https://x.test"};
    EXPECT_EQ(bw::openai::manifest(api).find("images"), std::string::npos);
    EXPECT_EQ(bw::openai::manifest(api).find("speech"), std::string::npos);
    api.images = api.speech = true;
    const std::string text = bw::openai::manifest(api);
    EXPECT_NE(text.find(R"("embeddings","images","speech","models")"), std::string::npos);
}

}  // namespace
