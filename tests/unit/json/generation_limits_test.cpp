// What a request lets be generated, by whatever name it says so.
#include "json/generation_limits.hpp"

#include <gtest/gtest.h>

#include "json/request.hpp"

namespace bellwether::json {
namespace {

Call read(const std::string& more) {
    Call call;
    call.body = R"({"model":"m","messages":[],)" + more + "}";
    EXPECT_TRUE(read_request(call)) << more;
    return call;
}

TEST(GenerationLimits, AreFoundUnderEveryName) {
    for (const char* text :
         {R"("max_output_tokens":9)", R"("max_new_tokens":9)", R"("Max_New_Tokens":9)",
          R"("max_new_to\u006bens":9)", R"("options":{"num_predict":9})",
          R"("parameters":{"max_tokens":9})", R"("maxOutputTokens":9)", R"("max_gen_len":9)",
          R"("max_tokens_to_sample":9)", R"("max_length":9)", R"("tokens_to_generate":9)",
          R"("n_predict":9)",
          R"("extra_body":{"google":{"generation_config":{"maxOutputTokens":9}}})"}) {
        const Call call = read(text);
        EXPECT_EQ(call.asked.other_max_tokens, 9) << text;
        EXPECT_EQ(call.asked.max_tokens, 0) << text;
        EXPECT_TRUE(call.asked.invalid_limit.empty()) << text;
    }
    for (const char* text :
         {R"("thinking_budget":9)", R"("thinking_token_budget":9)", R"("thinkingBudget":9)",
          R"("generationConfig":{"thinkingConfig":{"thinkingBudget":9}})",
          R"("reasoning":{"max_tokens":9})", R"("thinking":{"budget_tokens":9})",
          R"("chat_template_kwargs":{"thinking_budget":9})",
          R"("extra_body":{"google":{"thinking_config":{"thinking_budget":9}}})"}) {
        const Call call = read(text);
        EXPECT_EQ(call.asked.thinking_tokens, 9) << text;
        EXPECT_TRUE(call.asked.thinks()) << text;
    }
}

TEST(GenerationLimits, ChoicesAreFoundUnderEveryName) {
    for (const char* text :
         {R"("n":9)", R"("best_of":9)", R"("num_return_sequences":9)", R"("num_completions":9)",
          R"("candidate_count":9)", R"("parameters":{"n":9})",
          R"("extra_body":{"generation_config":{"candidateCount":9}})"}) {
        EXPECT_EQ(read(text).asked.choices, 9) << text;
    }
    EXPECT_EQ(read(R"("n":9)").asked.choices_shown, 9);
    EXPECT_EQ(read(R"("best_of":9)").asked.choices_shown, 1);
}

// As MemberNames has it: some readers take the long s for an s.
TEST(GenerationLimits, LettersThatOnlyLookOtherAreTheSame) {
    EXPECT_EQ(read("\"max_new_token\xC5\xBF\":9").asked.other_max_tokens, 9);
}

TEST(GenerationLimits, TheLargestOfSeveralCounts) {
    const Call call = read(R"("max_new_tokens":9,"max_output_tokens":7,"n_predict":3)");
    EXPECT_EQ(call.asked.other_max_tokens, 9);
}

TEST(GenerationLimits, LessThanNothingIsNoLimit) {
    EXPECT_TRUE(read(R"("options":{"num_predict":-1})").asked.no_limit);
    EXPECT_EQ(read(R"("thinking_budget":-1)").asked.thinking, Thinking::free);
    EXPECT_EQ(read(R"("thinking_budget":0)").asked.thinking_tokens, 0);
}

TEST(GenerationLimits, WhatIsNoWholeNumberIsSaid) {
    EXPECT_EQ(read(R"("max_new_tokens":"9")").asked.invalid_limit, "max_new_tokens");
    EXPECT_EQ(read(R"("thinking_budget":1.5)").asked.invalid_limit, "thinking_budget");
    EXPECT_TRUE(read(R"("thinking_budget":null)").asked.invalid_limit.empty());
}

TEST(GenerationLimits, AWishToThinkIsFoundAndSoIsItsOpposite) {
    for (const char* text :
         {R"("enable_thinking":true)", R"("reasoning_effort":"high")", R"("reasoning":{})",
          R"("thinking":{"type":"enabled"})", R"("chat_template_kwargs":{"thinking":true})",
          R"("include_reasoning":false)", R"("reasoning_format":"hidden")"}) {
        EXPECT_TRUE(read(text).asked.thinks()) << text;
    }
    for (const char* text : {R"("enable_thinking":false)", R"("reasoning_effort":"none")",
                             R"("reasoning_effort":null)", R"("reasoning":{"enabled":false})",
                             R"("thinking":{"type":"disabled"})", R"("temperature":1)"}) {
        EXPECT_FALSE(read(text).asked.thinks()) << text;
    }
}

TEST(GenerationLimits, TheWidestOfSeveralWishesToThinkCountsInWhateverOrder) {
    const auto thinking = [](const char* text) { return read(text).asked.thinking; };
    EXPECT_EQ(thinking(R"("temperature":1)"), Thinking::unsaid);
    EXPECT_EQ(thinking(R"("enable_thinking":false)"), Thinking::refused);
    EXPECT_EQ(thinking(R"("reasoning_effort":"high")"), Thinking::asked);
    EXPECT_EQ(thinking(R"("enable_thinking":true)"), Thinking::free);
    EXPECT_EQ(thinking(R"("reasoning":{},"enable_thinking":false)"), Thinking::asked);
    EXPECT_EQ(thinking(R"("enable_thinking":false,"reasoning":{})"), Thinking::asked);
    EXPECT_EQ(thinking(R"("thinking_budget":-1,"enable_thinking":false)"), Thinking::free);
    EXPECT_EQ(thinking(R"("include_reasoning":false)"), Thinking::hidden);
    EXPECT_EQ(thinking(R"("include_reasoning":false,"enable_thinking":false)"), Thinking::refused);
    EXPECT_EQ(thinking(R"("enable_thinking":false,"include_reasoning":false)"), Thinking::refused);
    EXPECT_EQ(thinking(R"("reasoning":{"effort":"high"},"include_reasoning":false)"),
              Thinking::asked);
}

}  // namespace
}  // namespace bellwether::json
