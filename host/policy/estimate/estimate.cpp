#include "policy/estimate/estimate.hpp"

#include <algorithm>

#include "ledger/amount.hpp"

namespace bellwether::policy {
namespace {

// What a model's template adds to a prompt: a system prompt of its own, and the marks that begin
// the answer.
constexpr std::int64_t k_frame_tokens = 32;

}  // namespace

// Parts of unknown size count as the whole context at most, however many they are, because all of
// the prompt has to fit into it.
std::int64_t prompt_tokens_max(const PromptSize& size, std::int64_t density, std::int64_t context) {
    const std::int64_t others = size.text_bytes - size.digits;
    return k_frame_tokens + size.digits + (others * density + 999) / 1000 + size.media_tokens +
           std::min(size.part_tokens, context);
}

std::int64_t density_of(const PromptSize& size, std::int64_t tokens) {
    const std::int64_t others = std::max<std::int64_t>(size.text_bytes - size.digits, 1);
    const std::int64_t of_others =
        std::clamp<std::int64_t>(tokens - size.digits - size.media_tokens, 0, others);
    return std::clamp((of_others * 1000 + others - 1) / others, k_density_default, k_density_max);
}

namespace {

// The choices of all prompts of the call together.
std::int64_t of_all_prompts(const AskedInBody& asked, std::int64_t choices) {
    return ledger::clamped(ledger::Wide{std::max<std::int64_t>(choices, 1)} * asked.prompts);
}

std::int64_t times(std::int64_t each, std::int64_t count) {
    const ledger::Wide all = ledger::Wide{each} * count;
    return static_cast<std::int64_t>(std::min<ledger::Wide>(all, k_call_tokens_max));
}

// The bytes of text in the prompt: the rest of the body is taken off, as are the parts that are not
// text.
std::int64_t prompt_text_bytes(const Call& call, const PromptSize& size) {
    const auto others =
        static_cast<std::int64_t>(call.body.size() - call.asked.prompt_value.length);
    return std::max<std::int64_t>(size.text_bytes - others, 0);
}

}  // namespace

std::int64_t count_choices_shown(const AskedInBody& asked) {
    return of_all_prompts(asked, asked.choices_shown);
}

namespace {

// Of one choice: the answer, and the thinking beside it.
struct ChoiceTokens {
    std::int64_t answer = 0;
    std::int64_t thinking = 0;
};

ChoiceTokens choice_tokens_max(const Call& call, const ModelFacts& model) {
    if (!facts_of(call.operation).generates) return {};
    const AskedInBody& asked = call.asked;
    const bool said = asked.max_tokens > 0 && !asked.no_limit;
    const std::int64_t answer = std::max(
        {said ? asked.max_tokens : model.output_max, asked.max_tokens, asked.other_max_tokens});
    const bool thinks = asked.thinking == Thinking::free || (model.thinks_unasked && call.stream &&
                                                             asked.thinking != Thinking::refused);
    const bool unlimited = thinks && asked.thinking_tokens == 0;
    const std::int64_t thinking = unlimited ? model.output_max : asked.thinking_tokens;
    return {std::min(answer, k_choice_tokens_max), std::min(thinking, k_choice_tokens_max)};
}

std::int64_t of_all_choices(const Call& call, std::int64_t each) {
    return times(each, of_all_prompts(call.asked, call.asked.choices));
}

}  // namespace

std::int64_t output_tokens_max(const Call& call, const ModelFacts& model) {
    const ChoiceTokens each = choice_tokens_max(call, model);
    return of_all_choices(call, each.answer + each.thinking);
}

namespace {

// Speech may be billed by the character, of which a request has no more than bytes.
std::int64_t pieces_max(const Call& call) {
    constexpr std::int64_t k_usual = 100;
    if (call.operation != Operation::speech) return k_usual;
    return std::max(k_usual, static_cast<std::int64_t>(call.body.size()));
}

}  // namespace

// A report is believed up to the most that is possible: a prompt as dense as any vocabulary makes
// it, or one that fills the context; and an answer in which each choice fills the context.
Bound bound_of(const Call& call, const PromptSize& size, const ModelFacts& model) {
    // To count tokens is free everywhere.
    const bool counts = call.operation == Operation::count_tokens;
    const Estimate held{.input = counts ? 0 : prompt_tokens_max(size, model.density, model.context),
                        .output = output_tokens_max(call, model)};
    const std::int64_t densest = prompt_tokens_max(size, k_density_max, model.context);
    const std::int64_t all_choices =
        times(model.context, of_all_prompts(call.asked, call.asked.choices));
    // Upstreams may cut the input of embeddings.
    const bool may_be_less = counts || call.operation == Operation::embeddings;
    return {.held = held,
            .believed = {.input = std::max({held.input, densest, model.context}),
                         .output = std::max(held.output, all_choices)},
            .input_min = may_be_less ? 0 : prompt_text_bytes(call, size) / k_bytes_for_token_max,
            .pieces_max = pieces_max(call),
            .pictures = size.picture_tokens,
            .answer = of_all_choices(call, choice_tokens_max(call, model).answer)};
}

void take_told(Bound& bound, const Usage& most) {
    const auto take = [](std::int64_t told, std::int64_t& held, std::int64_t& believed) {
        if (told < 0) return;
        held = std::min(told, k_call_tokens_max);
        believed = std::max(believed, held);
    };
    take(most.input_tokens, bound.held.input, bound.believed.input);
    if (most.input_tokens < 0 && most.image_input_tokens > bound.pictures) {
        take(bound.held.input - bound.pictures + most.image_input_tokens, bound.held.input,
             bound.believed.input);
    }
    take(most.output_tokens, bound.held.output, bound.believed.output);
    if (most.output_tokens < 0 && bound.answer + most.reasoning_tokens > bound.held.output) {
        take(bound.answer + most.reasoning_tokens, bound.held.output, bound.believed.output);
    }
    bound.held.units = most.units;
    // What there is none of needs no price, and is no bound of what is told later.
    std::erase_if(bound.held.units, [](const UsedUnit& unit) { return unit.count == 0; });
}

}  // namespace bellwether::policy
