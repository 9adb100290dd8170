// What is held for a call is enough: for prompts in every script, for many choices; and never
// absurd.
#include "policy/estimate/estimate.hpp"

#include <gtest/gtest.h>

#include "json/request.hpp"

namespace bellwether::policy {
namespace {

Call call_of(std::string body, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = std::move(body);
    EXPECT_TRUE(json::read_request(call));
    return call;
}

Call saying(std::string_view content, std::string_view more = "") {
    return call_of(R"({"model":"m","messages":[{"role":"user","content":)" + std::string(content) +
                   "}]" + std::string(more) + "}");
}

constexpr std::int64_t k_context = 500'000;

std::int64_t prompt_of(const Call& call) {
    return prompt_tokens_max(measure_prompt(call), k_density_default, k_context);
}

std::string repeated(std::string_view text, int count) {
    std::string out;
    while (count-- > 0) out += text;
    return out;
}

std::int64_t output_of(const Call& call, std::int64_t cap) {
    return output_tokens_max(call, {.output_max = cap});
}

TEST(PromptEstimate, IsNotBelowWhatAVocabularyMakesOfNaturalText) {
    // Tokens for each repetition, as Qwen's vocabulary has them at most.
    const struct {
        std::string_view text;
        int tokens;
    } k_samples[] = {{"The quick brown fox jumps. ", 7},
                     {"สวัสดีครับ ยินดีต้อนรับ ", 16},
                     {"你好，世界。今天天气很好。", 10},
                     {"안녕하세요 반갑습니다 ", 9},
                     {"0123456789", 10}};
    for (const auto& sample : k_samples) {
        const Call call = saying("\"" + repeated(sample.text, 100) + "\"");
        EXPECT_GE(prompt_of(call), sample.tokens * 100) << sample.text;
        EXPECT_LE(prompt_of(call), sample.tokens * 250) << sample.text;
    }
}

TEST(PromptEstimate, CountsToolsAndSchemas) {
    const std::string tool = R"({"type":"function","function":{"name":"f","parameters":{}}})";
    const auto without = prompt_of(saying("\"x\""));
    const auto with = prompt_of(saying("\"x\"", ",\"tools\":[" + tool + "]"));
    EXPECT_GE(with - without, static_cast<std::int64_t>(tool.size()) / 4);
}

TEST(PromptEstimate, PartsOfUnknownSizeAreNeverMoreThanTheContext) {
    PromptSize size{.text_bytes = 100, .digits = 100};
    const auto text = prompt_tokens_max(size, k_density_default, k_context);
    size.part_tokens = 70'000;
    EXPECT_EQ(prompt_tokens_max(size, k_density_default, k_context), text + 70'000);
    size.part_tokens = k_tokens_unknown;
    EXPECT_EQ(prompt_tokens_max(size, k_density_default, k_context), text + k_context);
}

TEST(PromptEstimate, LearnsOnlyUpwardsAndWithinABytesBound) {
    const PromptSize size{.text_bytes = 1'000};
    EXPECT_EQ(density_of(size, 10), k_density_default);
    EXPECT_EQ(density_of(size, 500), 500);
    EXPECT_EQ(density_of(size, 1'000'000), k_density_max);
    EXPECT_GE(prompt_tokens_max(size, density_of(size, 731), k_context), 731);
}

TEST(OutputEstimate, IsTheClientsLimitForEachChoice) {
    EXPECT_EQ(output_of(saying("\"x\""), 4'096), 4'096);
    EXPECT_EQ(output_of(saying("\"x\"", R"(,"max_tokens":10)"), 4'096), 10);
    EXPECT_EQ(output_of(saying("\"x\"", R"(,"max_completion_tokens":10,"n":3)"), 4'096), 30);
    EXPECT_EQ(output_of(saying("\"x\"", R"(,"max_tokens":5,"max_completion_tokens":9)"), 1), 9);
    EXPECT_EQ(output_of(call_of(R"({"model":"m","input":"x"})", Operation::embeddings), 9), 0);
}

// OpenAI takes 128 at most; others take what they are given, and each choice is paid for.
TEST(OutputEstimate, CountsChoicesHoweverMany) {
    EXPECT_EQ(output_of(saying("\"x\"", R"(,"max_tokens":1,"n":20000)"), 4'096), 20'000);
}

// Which of two limits an upstream obeys nobody knows.
TEST(OutputEstimate, IsTheLargestLimitByWhateverName) {
    const auto bound = [](std::string_view more) {
        return output_of(saying("\"x\"", more), 4'096);
    };
    EXPECT_EQ(bound(R"(,"max_tokens":5,"max_output_tokens":9000)"), 9'000);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"max_new_tokens":9000)"), 9'000);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"options":{"num_predict":9000})"), 9'000);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"options":{"num_predict":-1})"), 4'096);
    EXPECT_EQ(bound(R"(,"max_tokens":9000,"options":{"num_predict":-1})"), 9'000);
    EXPECT_EQ(bound(R"(,"max_output_tokens":5)"), 4'096) << "it may not be known there";
}

TEST(OutputEstimate, HoldsForThinkingBesideTheAnswer) {
    const auto bound = [](std::string_view more) {
        return output_of(saying("\"x\"", more), 4'096);
    };
    EXPECT_EQ(bound(R"(,"max_tokens":5,"thinking_budget":9000)"), 9'005);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"reasoning":{"max_tokens":9000})"), 9'005);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"thinking":{"type":"enabled","budget_tokens":9000})"),
              9'005);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"enable_thinking":true)"), 4'101) << "Qwen's has no limit";
    EXPECT_EQ(bound(R"(,"max_tokens":5,"enable_thinking":true,"thinking_budget":70)"), 75);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"enable_thinking":false)"), 5);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"thinking_budget":-1)"), 4'101);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"reasoning_effort":"high")"), 5) << "a part of the answer";
    EXPECT_EQ(bound(R"(,"max_tokens":5,"n":3,"thinking_budget":10)"), 45);
}

TEST(OutputEstimate, HoldsForTheThoughtsOfAModelThatThinksUnlessItIsToldNotTo) {
    const ModelFacts thinker{.output_max = 1'000, .thinks_unasked = true};
    const auto bound = [&](std::string_view more) {
        return output_tokens_max(saying("\"x\"", more), thinker);
    };
    EXPECT_EQ(bound(R"(,"max_tokens":5,"stream":true)"), 1'005);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"stream":true,"enable_thinking":false)"), 5);
    EXPECT_EQ(bound(R"(,"max_tokens":5,"stream":true,"thinking_budget":70)"), 75);
}

TEST(Bound, BelievesWhatTheModelCanDoAndNoMore) {
    const Call call = saying("\"x\"", R"(,"max_tokens":10,"n":2)");
    const Bound bound =
        bound_of(call, measure_prompt(call), {.context = 50'000, .output_max = 4'096});
    EXPECT_EQ(bound.held.output, 20);
    EXPECT_EQ(bound.believed.input, 50'000);
    EXPECT_EQ(bound.believed.output, 100'000);
    const Call large = saying("\"" + std::string(400'000, 'x') + "\"");
    const Bound larger = bound_of(large, measure_prompt(large), {.context = 1'000});
    EXPECT_GE(larger.believed.input, 400'000) << "a token a byte";
    EXPECT_GT(larger.input_min, 6'000);
}

// Schemas need not be in the prompt, and embeddings may be cut.
TEST(Bound, ExpectsTokensOfThePromptAlone) {
    const Call call = saying("\"x\"", R"(,"response_format":")" + std::string(9'000, 'x') + "\"");
    EXPECT_EQ(bound_of(call, measure_prompt(call), {.context = 1'000}).input_min, 0);
    const Call embedding = call_of(R"({"model":"m","input":")" + std::string(9'000, 'x') + "\"}",
                                   Operation::embeddings);
    EXPECT_EQ(bound_of(embedding, measure_prompt(embedding), {.context = 1'000}).input_min, 0);
}

TEST(Bound, ToCountTokensIsFree) {
    const Call counting = call_of(R"({"model":"m","messages":[{"role":"user","content":"x"}]})",
                                  Operation::count_tokens);
    const Bound bound = bound_of(counting, measure_prompt(counting), {.context = 1'000});
    EXPECT_EQ(bound.held.input, 0);
    EXPECT_EQ(bound.held.output, 0);
    EXPECT_EQ(bound.input_min, 0);
    EXPECT_GT(bound.believed.input, 0) << "unless it is told";
}

// Each prompt of an older completion gets an answer of its own; numbers are one prompt's tokens.
TEST(OutputEstimate, CountsEachPromptOfACompletion) {
    const auto completing = [](std::string_view prompt) {
        return output_of(
            call_of(R"({"model":"m","max_tokens":10,"n":2,"prompt":)" + std::string(prompt) + "}",
                    Operation::completions),
            1);
    };
    EXPECT_EQ(completing(R"("x")"), 20);
    EXPECT_EQ(completing(R"(["x","y","z"])"), 60);
    EXPECT_EQ(completing("[11,12,13]"), 20);
    EXPECT_EQ(completing("[[11,12],[13]]"), 40);
    EXPECT_EQ(completing("[]"), 20);
}

TEST(OutputEstimate, AbsurdLimitsNeitherWrapNorPassForLess) {
    const Call huge =
        saying("\"x\"", R"(,"max_tokens":9223372036854775807,"n":9223372036854775807)");
    EXPECT_EQ(output_of(huge, 1), k_call_tokens_max);
    EXPECT_TRUE(huge.asked.invalid_limit.empty());
    for (const char* limit : {R"(,"max_tokens":-1)", R"(,"max_tokens":0)", R"(,"max_tokens":1.5)",
                              R"(,"max_tokens":"9")", R"(,"max_tokens":92233720368547758080)"}) {
        EXPECT_EQ(saying("\"x\"", limit).asked.invalid_limit, "max_tokens") << limit;
    }
    EXPECT_EQ(saying("\"x\"", R"(,"n":0)").asked.invalid_limit, "n");
    EXPECT_TRUE(saying("\"x\"", R"(,"max_tokens":null)").asked.invalid_limit.empty());
}

// ---- what plugins say
// ----------------------------------------------------------------------------

TEST(ToldBound, AWholeTakesThePlaceOfTheHostsFigure) {
    Bound bound{.held = {.input = 100, .output = 50}, .believed = {.input = 200, .output = 60}};
    take_told(bound,
              {.input_tokens = 10, .output_tokens = 500, .units = {{"image", 3}, {"search", 0}}});
    EXPECT_EQ(bound.held.input, 10);
    EXPECT_EQ(bound.held.output, 500);
    EXPECT_EQ(bound.believed.input, 200) << "a report of more is believed as before";
    EXPECT_EQ(bound.believed.output, 500);
    ASSERT_EQ(bound.held.units.size(), 1U);
    EXPECT_EQ(bound.held.units[0].count, 3);
}

TEST(ToldBound, APartCountsWhereItIsMore) {
    Bound bound{.held = {.input = 100, .output = 50}, .pictures = 40, .answer = 20};
    take_told(bound, {.reasoning_tokens = 7, .image_input_tokens = 7});
    EXPECT_EQ(bound.held.input, 100);
    EXPECT_EQ(bound.held.output, 50);
    take_told(bound, {.reasoning_tokens = 1'000, .image_input_tokens = 70});
    EXPECT_EQ(bound.held.input, 130);
    EXPECT_EQ(bound.held.output, 1'020);
    Bound same{.held = {.input = 1, .output = 2}};
    take_told(same, {});
    EXPECT_EQ(same.held.input, 1);
    EXPECT_EQ(same.held.output, 2);
}

TEST(ToldBound, KnowsItsPartsOfARequest) {
    const Call call = saying(R"([{"type":"image_url","image_url":{"url":"https://x"}}])",
                             R"(,"max_tokens":10,"thinking_budget":500)");
    const Bound bound = bound_of(call, measure_prompt(call), {});
    EXPECT_EQ(bound.pictures, 4'096);
    EXPECT_EQ(bound.answer, 10);
    EXPECT_EQ(bound.held.output, 510);
}

}  // namespace
}  // namespace bellwether::policy
