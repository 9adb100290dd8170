// A usage as plugins of any age report it.
#include "plugin/usage.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bellwether::plugin {
namespace {

bw_str str(std::string_view text) { return {text.data(), text.size()}; }

Usage usage_told(const std::vector<bw_amount>& amounts, std::string_view tier = {}) {
    bw_usage told{};
    told.size = sizeof told;
    told.tier = str(tier);
    told.amounts = amounts.data();
    told.amount_count = amounts.size();
    return usage_of(told);
}

TEST(UsageOf, TakesAllThatIsSaid) {
    const Usage usage = usage_told({{str("input"), 10},
                                    {str("output"), 20},
                                    {str("total"), 30},
                                    {str("input.cache_write"), 5},
                                    {str("input.cache_write_1h"), 2},
                                    {str("input.audio"), 6},
                                    {str("output.audio"), 7},
                                    {str("input.image"), 8},
                                    {str("output.image"), 9},
                                    {str("web_search"), 2},
                                    {str("image"), 1}},
                                   "priority");
    EXPECT_EQ(usage.input_tokens, 10);
    EXPECT_EQ(usage.cached_input_tokens, -1) << "not said";
    EXPECT_EQ(usage.total_tokens, 30);
    EXPECT_EQ(usage.cache_write_tokens, 5);
    EXPECT_EQ(usage.cache_write_1h_tokens, 2);
    EXPECT_EQ(usage.audio_input_tokens, 6);
    EXPECT_EQ(usage.audio_output_tokens, 7);
    EXPECT_EQ(usage.image_input_tokens, 8);
    EXPECT_EQ(usage.image_output_tokens, 9);
    EXPECT_EQ(usage.service_tier, "priority");
    ASSERT_EQ(usage.units.size(), 2u);
    EXPECT_EQ(usage.units[1].name, "image");
    EXPECT_EQ(usage.source, UsageSource::provider);
}

TEST(UsageOf, LeavesOutWhatMakesNoSense) {
    const std::string long_name(100, 'x');
    const Usage usage = usage_told({{str("input"), -7},
                                    {str("output"), INT64_MAX},
                                    {str(""), 1},
                                    {str(long_name), 1},
                                    {str("a\n"), 1},
                                    {str("less"), -1},
                                    {{nullptr, 5}, 1},
                                    {str("many"), INT64_MAX}},
                                   "two words");
    EXPECT_EQ(usage.input_tokens, -1);
    EXPECT_EQ(usage.output_tokens, -1);
    EXPECT_EQ(usage.service_tier, "");
    ASSERT_EQ(usage.units.size(), 1u);
    EXPECT_EQ(usage.units[0].count, 1'000'000) << "bounded, for sums must not overflow";
}

TEST(UsageOf, KnowsNoneFromNotSaid) {
    const Usage usage = usage_told({bw_amount{str("search"), 0}});
    ASSERT_EQ(usage.units.size(), 1u);
    EXPECT_EQ(usage.units[0].count, 0);
}

TEST(UsageOf, TakesABoundedNumberOfUnits) {
    EXPECT_EQ(usage_told(std::vector<bw_amount>(1'000, bw_amount{str("x"), 1})).units.size(), 16u);
}

TEST(UsageIn, ReadsWhatAReplyItselfSays) {
    const Usage usage = usage_in(
        R"({"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,)"
        R"("prompt_tokens_details":{"cached_tokens":3},)"
        R"("completion_tokens_details":{"reasoning_tokens":2}}})");
    EXPECT_EQ(usage.input_tokens, 11);
    EXPECT_EQ(usage.output_tokens, 7);
    EXPECT_EQ(usage.cached_input_tokens, 3);
    EXPECT_EQ(usage.reasoning_tokens, 2);
    EXPECT_EQ(usage.total_tokens, 18);
}

TEST(UsageIn, HasNoFigureWhereNothingIsSaid) {
    for (const char* text : {R"({"choices":[]})", R"({"usage":null})", R"({"usage":[1]})",
                             R"({"usage":{"prompt_tokens":-1,"completion_tokens":"7"}})"}) {
        const Usage usage = usage_in(text);
        EXPECT_EQ(usage.input_tokens, -1) << text;
        EXPECT_EQ(usage.output_tokens, -1) << text;
    }
}

}  // namespace
}  // namespace bellwether::plugin
