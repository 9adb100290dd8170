// The class of an upstream's error, for plugins of any dialect: their own rules, then the general
// ones, then the HTTP status.
#include <bellwether/http/error_class.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

constexpr bw::ErrorRule k_own[] = {
    {BW_E_QUOTA, 400, "", "spend limit"},
    {BW_E_CONTENT_FILTER, 0, "SAFETY"},
    {BW_E_RATE, 0, "context_length_exceeded"},
};

TEST(ErrorClass, IsTheStatusWhereNothingElseIsSaid) {
    EXPECT_EQ(bw::error_class(400, {}), BW_E_INVALID);
    EXPECT_EQ(bw::error_class(401, {}), BW_E_AUTH);
    EXPECT_EQ(bw::error_class(402, {}), BW_E_QUOTA);
    EXPECT_EQ(bw::error_class(404, {}), BW_E_NOT_FOUND);
    EXPECT_EQ(bw::error_class(413, {}), BW_E_CONTEXT_LENGTH);
    EXPECT_EQ(bw::error_class(429, {}), BW_E_RATE);
    EXPECT_EQ(bw::error_class(501, {}), BW_E_UNSUPPORTED);
    EXPECT_EQ(bw::error_class(529, {}), BW_E_UPSTREAM);
    EXPECT_EQ(bw::error_class(0, {}), BW_E_UPSTREAM);
    EXPECT_EQ(bw::error_class(0, {"", "invalid_request_error", ""}), BW_E_INVALID);
    EXPECT_EQ(bw::error_class_of_status(302), BW_E_UPSTREAM);
}

TEST(ErrorClass, KnowsTheWordsOfContextAndModeration) {
    const std::vector<std::string> too_long = {
        "This model's maximum context length is 8192 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "the request exceeds the available context size, try increasing it"};
    for (const std::string& words : too_long) {
        EXPECT_EQ(bw::error_class(400, {"", "", words}), BW_E_CONTEXT_LENGTH) << words;
    }
    EXPECT_EQ(bw::error_class(400, {"", "", "Output blocked by content filtering policy"}),
              BW_E_CONTENT_FILTER);
    EXPECT_EQ(bw::error_class(400, {"", "", "Your credit balance is too low"}), BW_E_QUOTA);
    EXPECT_EQ(bw::error_class(529, {"", "overloaded_error", "Overloaded"}), BW_E_UPSTREAM);
}

TEST(ErrorClass, ObeysThePluginsRulesFirst) {
    EXPECT_EQ(bw::error_class(400, {"", "", "The SPEND LIMIT was met"}, k_own), BW_E_QUOTA);
    EXPECT_EQ(bw::error_class(429, {"", "", "The spend limit was met"}, k_own), BW_E_RATE)
        << "the rule is for 400 only";
    EXPECT_EQ(bw::error_class(200, {"safety", "", ""}, k_own), BW_E_CONTENT_FILTER);
    EXPECT_EQ(bw::error_class(400, {"context_length_exceeded", "", ""}, k_own), BW_E_RATE);
    EXPECT_EQ(bw::error_class(400, {"insufficient_quota", "", ""}, k_own), BW_E_QUOTA)
        << "the general rules go on";
}

}  // namespace
