#include "policy/estimate.hpp"

#include <algorithm>
#include <bellwether/json.hpp>

#include "ledger/amount.hpp"

namespace bw::policy {
namespace {

// A template's own system prompt, and the marks that begin the answer.
constexpr std::int64_t k_frame_tokens = 32;

// An older completion answers each of several prompts. Numbers are the tokens of a single one.
std::int64_t count_prompts(const Call& call) {
    if (call.operation != Operation::completions) return 1;
    const json::Value prompt(
        std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    if (prompt.kind() != json::Kind::array) return 1;
    std::int64_t count = 0;
    for (const json::Value& one : prompt.elements()) {
        if (one.kind() != json::Kind::number) ++count;
    }
    return std::max<std::int64_t>(count, 1);
}

}  // namespace

// Parts whose size nobody knows can fill the context, but no more, however many they are.
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

std::int64_t count_choices(const Call& call) {
    return ledger::clamped(ledger::Wide{std::max<std::int64_t>(call.choices, 1)} *
                           count_prompts(call));
}

std::int64_t output_tokens_max(const Call& call, std::int64_t cap) {
    if (call.operation == Operation::embeddings) return 0;
    const std::int64_t answer =
        std::max(call.max_tokens > 0 ? call.max_tokens : cap, call.other_max_tokens);
    const bool unlimited = call.thinks_freely && call.thinking_tokens == 0;
    const std::int64_t thinking = unlimited ? cap : call.thinking_tokens;
    const ledger::Wide each =
        std::min(answer, k_choice_tokens_max) + std::min(thinking, k_choice_tokens_max);
    return ledger::clamped(each * count_choices(call));
}

Bound bound_of(const Call& call, const PromptSize& size, const ModelFacts& model) {
    const Estimate held{.input = prompt_tokens_max(size, model.density, model.context),
                        .output = output_tokens_max(call, model.output_max)};
    const std::int64_t all_choices =
        ledger::clamped(ledger::Wide{model.context} * count_choices(call));
    return {.held = held,
            .believed = {.input = std::max(held.input, model.context),
                         .output = std::max(held.output, all_choices)},
            .input_min = size.text_bytes / k_bytes_for_token_max};
}

}  // namespace bw::policy
