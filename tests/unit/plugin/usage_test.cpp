// A usage as plugins of any age report it.
#include "plugin/usage.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace bw::plugin {
namespace {

bw_str str(std::string_view text) { return {text.data(), text.size()}; }

bw_usage reported() {
    return {.size = sizeof(bw_usage),
            .reserved = 0,
            .input_tokens = 10,
            .output_tokens = 20,
            .cached_input_tokens = 3,
            .reasoning_tokens = 4,
            .total_tokens = 30,
            .cache_write_tokens = 5,
            .cache_write_1h_tokens = 2,
            .audio_input_tokens = 6,
            .audio_output_tokens = 7,
            .image_input_tokens = 8,
            .image_output_tokens = 9,
            .service_tier = str("priority"),
            .units = nullptr,
            .unit_count = 0};
}

TEST(UsageOf, TakesAllThatIsSaid) {
    bw_usage said = reported();
    const bw_unit units[] = {{str("web_search"), 2}, {str("image"), 1}};
    said.units = units;
    said.unit_count = 2;
    const Usage usage = usage_of(said);
    EXPECT_EQ(usage.input_tokens, 10);
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

// Built before the struct grew: what lies behind its end is not the plugin's.
TEST(UsageOf, ReadsNoFurtherThanThePluginsStructGoes) {
    bw_usage said = reported();
    said.size = offsetof(bw_usage, total_tokens);
    said.service_tier = {reinterpret_cast<const char*>(1), 1'000};
    said.units = reinterpret_cast<const bw_unit*>(1);
    said.unit_count = 1'000;
    const Usage usage = usage_of(said);
    EXPECT_EQ(usage.reasoning_tokens, 4);
    EXPECT_EQ(usage.total_tokens, -1);
    EXPECT_EQ(usage.service_tier, "");
    EXPECT_TRUE(usage.units.empty());
}

TEST(UsageOf, LeavesOutWhatMakesNoSense) {
    bw_usage said = reported();
    said.input_tokens = -7;
    said.output_tokens = INT64_MAX;
    said.service_tier = str("two words");
    const std::string long_name(100, 'x');
    const bw_unit units[] = {
        {str(""), 1},      {str(long_name), 1}, {str("a\n"), 1},         {str("none"), 0},
        {str("less"), -1}, {{nullptr, 5}, 1},   {str("many"), INT64_MAX}};
    said.units = units;
    said.unit_count = 7;
    const Usage usage = usage_of(said);
    EXPECT_EQ(usage.input_tokens, -1);
    EXPECT_EQ(usage.output_tokens, -1);
    EXPECT_EQ(usage.service_tier, "");
    ASSERT_EQ(usage.units.size(), 1u);
    EXPECT_EQ(usage.units[0].count, 1'000'000) << "bounded, for sums must not overflow";
}

TEST(UsageOf, TakesABoundedNumberOfUnits) {
    bw_usage said = reported();
    const std::vector<bw_unit> units(1'000, bw_unit{str("x"), 1});
    said.units = units.data();
    said.unit_count = units.size();
    EXPECT_EQ(usage_of(said).units.size(), 16u);
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
}  // namespace bw::plugin
