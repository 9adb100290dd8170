#include "json/known_members.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"

namespace bellwether::json {
namespace {

using enum Spelling;

constexpr std::array k_written = std::to_array<KnownMember>({
    {"model", MemberRole::model, once},
    {"messages", MemberRole::prompt, once},
    {"prompt", MemberRole::prompt, once},
    {"input", MemberRole::prompt, once},
    {"stream", MemberRole::stream, once},
    {"stream_options", MemberRole::stream_options, once},
    {"user", MemberRole::user, once},
    {"safety_identifier", MemberRole::safety_identifier, once},
    {"service_tier", MemberRole::service_tier, once},
    {"encoding_format", MemberRole::nothing, once},
    {"web_search_options", MemberRole::search, once},  // OpenAI
    {"enable_search", MemberRole::search, once},       // Qwen
    {"search_parameters", MemberRole::search, once},   // xAI
    {"tools", MemberRole::tools, once},
    {"vl_high_resolution_images", MemberRole::detailed, exact},  // Qwen
    {"mm_processor_kwargs", MemberRole::detailed, exact},        // vLLM
    {"max_tokens", MemberRole::answer, once},
    {"max_completion_tokens", MemberRole::answer, once},
    {"n", MemberRole::shown, once},
    {"best_of", MemberRole::choices, once},
    {"echo", MemberRole::echo},
    {"candidateCount", MemberRole::choices},        // Gemini
    {"candidate_count", MemberRole::choices},       // Gemini
    {"num_return_sequences", MemberRole::choices},  // Hugging Face
    {"num_completions", MemberRole::choices},
    {"max_output_tokens", MemberRole::other},            // OpenAI's Responses API, Gemini
    {"maxOutputTokens", MemberRole::other},              // Gemini
    {"max_new_tokens", MemberRole::other},               // Hugging Face, SGLang
    {"max_gen_len", MemberRole::other},                  // Llama
    {"max_tokens_to_sample", MemberRole::other},         // Anthropic's older API
    {"max_length", MemberRole::other},                   // Hugging Face
    {"tokens_to_generate", MemberRole::other},           // NeMo
    {"num_predict", MemberRole::other},                  // Ollama
    {"n_predict", MemberRole::other},                    // llama.cpp
    {"thinking_budget", MemberRole::thinking},           // Qwen, Gemini
    {"thinkingBudget", MemberRole::thinking},            // Gemini
    {"budget_tokens", MemberRole::thinking},             // Anthropic
    {"thinking_token_budget", MemberRole::thinking},     // vLLM
    {"enable_thinking", MemberRole::free_switch, once},  // Qwen
    {"reasoning_effort", MemberRole::wish},              // OpenAI
    {"reasoning", MemberRole::wish},                     // OpenRouter
    {"thinking", MemberRole::wish},                      // Anthropic, DeepSeek
    {"include_reasoning", MemberRole::hide},             // OpenRouter, vLLM
    {"reasoning_format", MemberRole::hide},              // Groq
    {"thinking_config", MemberRole::container},          // Gemini
    {"thinkingConfig", MemberRole::container},           // Gemini
    {"generation_config", MemberRole::container},        // Gemini
    {"generationConfig", MemberRole::container},         // Gemini
    {"google", MemberRole::container},                   // Gemini, within extra_body
    {"options", MemberRole::container},                  // Ollama
    {"parameters", MemberRole::container},               // DashScope, Hugging Face
    {"chat_template_kwargs", MemberRole::container},     // vLLM, SGLang
    {"extra_body", MemberRole::container},               // Gemini
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

constexpr std::array k_parts = std::to_array<std::pair<std::string_view, PartRole>>({
    {"type", PartRole::text},           {"text", PartRole::text},
    {"image_url", PartRole::picture},   {"url", PartRole::link},
    {"detail", PartRole::detail},       {"data", PartRole::link},
    {"content", PartRole::content},     {"cache_control", PartRole::text},
    {"refusal", PartRole::text},        {"format", PartRole::text},
    {"filename", PartRole::text},       {"name", PartRole::text},
    {"thinking", PartRole::text},       {"annotations", PartRole::text},
    {"signature", PartRole::text},      {"mime_type", PartRole::text},
    {"media_type", PartRole::text},     {"image", PartRole::picture},
    {"input_image", PartRole::picture}, {"input_audio", PartRole::sound},
    {"audio", PartRole::sound},
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

PartRole part_meaning(std::string_view name) {
    const auto* const found =
        std::ranges::find(k_parts, name, &std::pair<std::string_view, PartRole>::first);
    return found == k_parts.end() ? PartRole::unknown : found->second;
}

}  // namespace bellwether::json
