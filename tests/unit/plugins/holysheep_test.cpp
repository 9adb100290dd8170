// What a request to the gateway can cost at most, by Qwen's rules.
#include <gtest/gtest.h>

#include <bellwether/qwen/errors.hpp>
#include <bellwether/qwen/thinking.hpp>
#include <map>
#include <string>

#include "sdk/plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using Most = std::map<std::string, std::int64_t>;

class HolySheepEstimate : public PluginTest {
  protected:
    HolySheepEstimate() : PluginTest("holysheep") {}

    Most most(const std::string& model, const std::string& members, bool stream = false) {
        Asked asked;
        asked.model = model;
        asked.stream = stream;
        asked.body = R"({"model":")" + model + R"(","messages":[{"role":"user","content":"a"}])" +
                     members + "}";
        Instance instance(host, library_.table(), config_);
        const Estimated told = instance.estimate(asked);
        EXPECT_FALSE(told.error);
        return told.most;
    }
    std::int64_t thoughts(const std::string& model, const std::string& members,
                          bool stream = false) {
        return most(model, members, stream).at("output.reasoning");
    }
};

TEST_F(HolySheepEstimate, HasNoOpinionOfOtherVendorsModels) {
    for (const char* model : {"gpt-4.1", "claude-sonnet-4.5", "deepseek-v3.2", ""}) {
        EXPECT_EQ(most(model, R"(,"enable_thinking":true)"), Most());
    }
    Asked asked;
    asked.operation = BW_OP_EMBEDDINGS;
    asked.model = "qwen-plus";
    Instance instance(host, library_.table(), config_);
    EXPECT_EQ(instance.estimate(asked).most, Most());
}

TEST_F(HolySheepEstimate, CountsThoughtsThatNoLimitOfTheAnswerHolds) {
    EXPECT_EQ(thoughts("qwen-plus", ""), 0);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"enable_thinking":true)"), 81'920);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"enable_thinking":true,"thinking_budget":500)"), 500);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"thinking_budget":500,"n":3)"), 1'500);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"enable_thinking":false,"thinking_budget":500)"), 0);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"reasoning_effort":"low")"), 81'920);
    EXPECT_EQ(thoughts("qwen-plus", R"(,"reasoning_effort":"none")"), 0);
    EXPECT_EQ(thoughts("qwen-turbo", R"(,"enable_thinking":true)"), 38'912);
}

// The plugin turns thinking off where these models are asked for no stream.
TEST_F(HolySheepEstimate, KnowsWhoThinksUnasked) {
    EXPECT_EQ(thoughts("qwen3-32b", "", true), 81'920);
    EXPECT_EQ(thoughts("qwen3-32b", ""), 0);
    EXPECT_EQ(thoughts("qwen3-32b", R"(,"enable_thinking":true)"), 81'920);
    EXPECT_EQ(thoughts("qwen3.5-plus", ""), 81'920);
    EXPECT_EQ(thoughts("Qwen/Qwen3-30B-A3B-Instruct-2507", "", true), 0);
    EXPECT_EQ(thoughts("qwen3-vl-32b-thinking", R"(,"enable_thinking":false)"), 81'920);
    EXPECT_EQ(thoughts("qwq-plus", ""), 32'768);
}

TEST_F(HolySheepEstimate, CountsPictures) {
    const auto pictures = [&](const std::string& part, const std::string& members = "",
                              const std::string& model = "qwen3-vl-plus") {
        Asked asked;
        asked.model = model;
        asked.body = R"({"messages":[{"role":"user","content":[{"type":"text","text":"?"},)" +
                     part + "," + part + "]}]" + members + "}";
        Instance instance(host, library_.table(), config_);
        return instance.estimate(asked).most.at("input.image");
    };
    const std::string url = R"({"type":"image_url","image_url":{"url":"https://x/a.png"})";
    EXPECT_EQ(most("qwen-plus", "").at("input.image"), 0);
    EXPECT_EQ(pictures(url + "}"), 2 * 2'562);
    EXPECT_EQ(pictures(url + "}", "", "qwen-vl-ocr"), 2 * 8'194);
    EXPECT_EQ(pictures(url + "}", R"(,"vl_high_resolution_images":true)"), 2 * 16'386);
    EXPECT_EQ(pictures(url + R"(,"max_pixels":78400})"), 2 * 103);
    EXPECT_EQ(pictures(url + R"(,"max_pixels":9223372036854775807})"), 2 * 16'386);
    EXPECT_EQ(pictures(R"({"type":"video_url","video_url":{"url":"https://x/a.mp4"}})"), 0);
}

TEST_F(HolySheepEstimate, TakesAnyRequest) {
    const std::string odd[] = {"",
                               "null",
                               "[]",
                               R"({"messages":{"a":1},"n":"2","thinking_budget":"9"})",
                               R"({"messages":[[],null,{"content":[null,{"type":"image_url"}]}]})",
                               R"({"n":-1,"thinking_budget":-9223372036854775808})",
                               R"({"n":9223372036854775807,"thinking_budget":9223372036854775807)",
                               R"({"enable_thinking":[1],"messages":[{"content":[{"type":)"};
    Instance instance(host, library_.table(), config_);
    for (const std::string& body : odd) {
        Asked asked;
        asked.model = "qwen3.5-plus";
        asked.body = body;
        const Estimated told = instance.estimate(asked);
        EXPECT_FALSE(told.error);
        EXPECT_GT(told.most.at("output.reasoning"), 0) << body;
        EXPECT_LE(told.most.at("output.reasoning"), 128'000'000) << body;
    }
}

TEST(QwenErrors, OfAFamilyThatTheTableKnows) {
    using bw::qwen::error_class;
    EXPECT_EQ(error_class(0, "InvalidParameter.Another", "m"), BW_E_INVALID);
    EXPECT_EQ(error_class(0, "Throttling.Another", "m"), BW_E_RATE);
    EXPECT_EQ(error_class(503, "Throttling.ServiceOverloaded", "m"), BW_E_UPSTREAM);
    EXPECT_EQ(error_class(400, "InternalError.Algo.DataInspectionFailed", "m"),
              BW_E_CONTENT_FILTER);
    EXPECT_EQ(error_class(403, "AccessDenied", "the API does not support synchronous calls"),
              BW_E_UNSUPPORTED);
    EXPECT_EQ(error_class(0, "", ""), BW_E_UPSTREAM);
    EXPECT_EQ(error_class(429, "", ""), BW_E_RATE);
}

}  // namespace
