#include "json/known_members.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"

namespace bw::json {
namespace {

using enum Spelling;

constexpr std::array k_written = std::to_array<KnownMember>({
    {"model", Means::model, once},
    {"messages", Means::prompt, once},
    {"prompt", Means::prompt, once},
    {"input", Means::prompt, once},
    {"stream", Means::stream, once},
    {"stream_options", Means::stream_options, once},
    {"user", Means::user, once},
    {"safety_identifier", Means::safety_identifier, once},
    {"service_tier", Means::service_tier, once},
    {"encoding_format", Means::nothing, once},
    {"web_search_options", Means::search, once},            // OpenAI
    {"enable_search", Means::search, once},                 // Qwen
    {"search_parameters", Means::search, once},             // xAI
    {"vl_high_resolution_images", Means::detailed, exact},  // Qwen
    {"mm_processor_kwargs", Means::detailed, exact},        // vLLM
    {"max_tokens", Means::answer, once},
    {"max_completion_tokens", Means::answer, once},
    {"n", Means::shown, once},
    {"best_of", Means::choices, once},
    {"echo", Means::echo},
    {"candidateCount", Means::choices},        // Gemini
    {"candidate_count", Means::choices},       // Gemini
    {"num_return_sequences", Means::choices},  // Hugging Face
    {"num_completions", Means::choices},
    {"max_output_tokens", Means::other},            // OpenAI's Responses API, Gemini
    {"maxOutputTokens", Means::other},              // Gemini
    {"max_new_tokens", Means::other},               // Hugging Face, SGLang
    {"max_gen_len", Means::other},                  // Llama
    {"max_tokens_to_sample", Means::other},         // Anthropic's older API
    {"max_length", Means::other},                   // Hugging Face
    {"tokens_to_generate", Means::other},           // NeMo
    {"num_predict", Means::other},                  // Ollama
    {"n_predict", Means::other},                    // llama.cpp
    {"thinking_budget", Means::thinking},           // Qwen, Gemini
    {"thinkingBudget", Means::thinking},            // Gemini
    {"budget_tokens", Means::thinking},             // Anthropic
    {"thinking_token_budget", Means::thinking},     // vLLM
    {"enable_thinking", Means::free_switch, once},  // Qwen
    {"reasoning_effort", Means::wish},              // OpenAI
    {"reasoning", Means::wish},                     // OpenRouter
    {"thinking", Means::wish},                      // Anthropic, DeepSeek
    {"include_reasoning", Means::hide},             // OpenRouter, vLLM
    {"reasoning_format", Means::hide},              // Groq
    {"thinking_config", Means::container},          // Gemini
    {"thinkingConfig", Means::container},           // Gemini
    {"generation_config", Means::container},        // Gemini
    {"generationConfig", Means::container},         // Gemini
    {"google", Means::container},                   // Gemini, within extra_body
    {"options", Means::container},                  // Ollama
    {"parameters", Means::container},               // DashScope, Hugging Face
    {"chat_template_kwargs", Means::container},     // vLLM, SGLang
    {"extra_body", Means::container},               // Gemini
});

constexpr auto name_bytes = [](const KnownMember& member) { return member.name.size(); };

// The table sorted by the length of the names. Members that may be there once have their index.
constexpr auto k_members = [] {
    auto members = k_written;
    std::uint8_t count = 0;
    for (KnownMember& member : members) {
        if (member.spelling == once) member.once = count++;
    }
    std::ranges::sort(members, {}, name_bytes);
    return members;
}();
static_assert(std::ranges::count(k_members, once, &KnownMember::spelling) <=
              std::ptrdiff_t{k_once_max});

// Where the names of each length begin in k_members.
constexpr auto k_begins = [] {
    std::array<std::uint8_t, k_members.back().name.size() + 2> begins{};
    for (std::size_t bytes = 0; bytes < begins.size(); ++bytes) {
        const auto first = std::ranges::lower_bound(k_members, bytes, {}, name_bytes);
        begins[bytes] = static_cast<std::uint8_t>(first - k_members.begin());
    }
    return begins;
}();

constexpr std::array k_parts = std::to_array<std::pair<std::string_view, PartMeans>>({
    {"type", PartMeans::text},           {"text", PartMeans::text},
    {"image_url", PartMeans::picture},   {"url", PartMeans::link},
    {"detail", PartMeans::detail},       {"data", PartMeans::link},
    {"content", PartMeans::content},     {"cache_control", PartMeans::text},
    {"refusal", PartMeans::text},        {"format", PartMeans::text},
    {"filename", PartMeans::text},       {"name", PartMeans::text},
    {"thinking", PartMeans::text},       {"annotations", PartMeans::text},
    {"signature", PartMeans::text},      {"mime_type", PartMeans::text},
    {"media_type", PartMeans::text},     {"image", PartMeans::picture},
    {"input_image", PartMeans::picture}, {"input_audio", PartMeans::sound},
    {"audio", PartMeans::sound},
});

}  // namespace

const KnownMember* find_member(std::string_view folded) {
    if (folded.size() + 1 >= k_begins.size()) return nullptr;
    const auto* const end = k_members.data() + k_begins[folded.size() + 1];
    const auto* const found =
        std::find_if(k_members.data() + k_begins[folded.size()], end, [&](const auto& member) {
            return std::ranges::equal(folded, member.name, {}, {}, [](char c) { return lower(c); });
        });
    return found == end ? nullptr : found;
}

PartMeans part_meaning(std::string_view name) {
    const auto* const found =
        std::ranges::find(k_parts, name, &std::pair<std::string_view, PartMeans>::first);
    return found == k_parts.end() ? PartMeans::unknown : found->second;
}

}  // namespace bw::json
