#include "json/generation_limits.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "json/member_names.hpp"

namespace bw::json {
namespace {

enum class Means {
    answer,       // tokens of a choice: OpenAI's own names
    other,        // the same by a name that not every upstream knows
    thinking,     // tokens of thinking, beside those of the answer
    shown,        // how many answers
    choices,      // how many are generated, though not all are shown
    free_switch,  // lets the model think beyond the limit of its answer
    wish,         // a switch, a strength, or an object with one and with limits of thinking
    hide,         // a switch or a word that keeps the thoughts out of the answer
    echo,         // the answer begins with the prompt
    container,    // an object whose members are read as if they stood beside it
};

struct Named {
    std::string_view name;
    Means means;
};

constexpr std::array<Named, 37> k_names{{
    {"max_tokens", Means::answer},
    {"max_completion_tokens", Means::answer},
    {"n", Means::shown},
    {"best_of", Means::choices},
    {"echo", Means::echo},
    {"candidateCount", Means::choices},        // Gemini
    {"candidate_count", Means::choices},       // Gemini
    {"num_return_sequences", Means::choices},  // Hugging Face
    {"num_completions", Means::choices},
    {"max_output_tokens", Means::other},         // OpenAI's Responses API, Gemini
    {"maxOutputTokens", Means::other},           // Gemini
    {"max_new_tokens", Means::other},            // Hugging Face, SGLang
    {"max_gen_len", Means::other},               // Llama
    {"max_tokens_to_sample", Means::other},      // Anthropic's older API
    {"max_length", Means::other},                // Hugging Face
    {"tokens_to_generate", Means::other},        // NeMo
    {"num_predict", Means::other},               // Ollama
    {"n_predict", Means::other},                 // llama.cpp
    {"thinking_budget", Means::thinking},        // Qwen, Gemini
    {"thinkingBudget", Means::thinking},         // Gemini
    {"budget_tokens", Means::thinking},          // Anthropic
    {"thinking_token_budget", Means::thinking},  // vLLM
    {"enable_thinking", Means::free_switch},     // Qwen
    {"reasoning_effort", Means::wish},           // OpenAI
    {"reasoning", Means::wish},                  // OpenRouter
    {"thinking", Means::wish},                   // Anthropic, DeepSeek
    {"include_reasoning", Means::hide},          // OpenRouter, vLLM
    {"reasoning_format", Means::hide},           // Groq
    {"thinking_config", Means::container},       // Gemini
    {"thinkingConfig", Means::container},        // Gemini
    {"generation_config", Means::container},     // Gemini
    {"generationConfig", Means::container},      // Gemini
    {"google", Means::container},                // Gemini, within extra_body
    {"options", Means::container},               // Ollama
    {"parameters", Means::container},            // DashScope, Hugging Face
    {"chat_template_kwargs", Means::container},  // vLLM, SGLang
    {"extra_body", Means::container},            // Gemini
}};

constexpr int k_depth_max = 4;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

const Named* find(std::string_view name) {
    const bool ascii = std::ranges::all_of(name, [](char c) { return c >= 0; });
    const std::string folded = ascii ? std::string() : folded_name(name);
    if (!ascii) name = folded;
    const auto found = std::ranges::find_if(k_names, [name](const Named& named) {
        return std::ranges::equal(named.name, name, {}, lower, lower);
    });
    return found == k_names.end() ? nullptr : &*found;
}

bool is_no(const Value& value) {
    return value.equals("none") || value.equals("disabled") || value.equals("off");
}

// Takes what stands at one depth of a request, and below it.
class Reader {
  public:
    Reader(Call& call, int depth, bool of_thinking)
        : call_(call), depth_(depth), of_thinking_(of_thinking) {}

    void read(const Member& member) {
        const bool plain = member.raw_key().find('\\') == std::string_view::npos;
        const Named* const named = plain ? find(member.raw_key()) : find(member.key());
        if (named != nullptr && member.value().kind() != Kind::null) take(*named, member.value());
    }

  private:
    void take(const Named& named, const Value& value) {
        switch (named.means) {
            case Means::answer:
                if (depth_ == 0) return limit(named.name, value, call_.max_tokens);
                return of_thinking_ ? take_thinking(named.name, value)
                                    : take_other(named.name, value);
            case Means::other: return take_other(named.name, value);
            case Means::thinking: return take_thinking(named.name, value);
            case Means::shown:
                if (depth_ == 0) limit(named.name, value, call_.choices_shown);
                return limit(named.name, value, call_.choices);
            case Means::choices: return limit(named.name, value, call_.choices);
            case Means::free_switch:
                call_.thinks_freely = call_.thinks_freely || value.boolean(false);
                return take_wish(value);
            case Means::wish: return take_wish(value);
            case Means::hide:
                call_.thinks = call_.thinks || !value.boolean(true) || value.equals("hidden");
                return;
            case Means::echo: call_.echo = call_.echo || value.boolean(false); return;
            case Means::container: return enter(value, of_thinking_);
        }
    }

    void limit(std::string_view name, const Value& value, std::int64_t& most) {
        const auto number = value.integer();
        if (number && *number > 0) {
            most = std::max(most, *number);
        } else {
            call_.unsound_limit = name;
        }
    }

    // Less than nothing means that there is no limit.
    void limit_or_none(std::string_view name, const Value& value, std::int64_t& most, bool& none) {
        const auto number = value.integer();
        if (!number) {
            call_.unsound_limit = name;
        } else if (*number < 0) {
            none = true;
        } else {
            most = std::max(most, *number);
        }
    }

    void take_other(std::string_view name, const Value& value) {
        limit_or_none(name, value, call_.other_max_tokens, call_.no_limit);
    }

    void take_thinking(std::string_view name, const Value& value) {
        limit_or_none(name, value, call_.thinking_tokens, call_.thinks_freely);
        call_.thinks = call_.thinks || call_.thinking_tokens > 0 || call_.thinks_freely;
    }

    void take_wish(const Value& value) {
        bool wanted = value.boolean(false);
        if (value.kind() == Kind::string) wanted = !is_no(value);
        if (value.kind() == Kind::object) {
            wanted =
                value["enabled"].boolean(true) && !is_no(value["type"]) && !is_no(value["effort"]);
            enter(value, true);
        }
        call_.thinks = call_.thinks || wanted;
        call_.thinks_not = !call_.thinks;
    }

    void enter(const Value& value, bool of_thinking) {
        if (value.kind() != Kind::object || depth_ == k_depth_max) return;
        Reader inner(call_, depth_ + 1, of_thinking);
        for (const Member& member : value.members()) inner.read(member);
    }

    Call& call_;
    int depth_;
    bool of_thinking_;
};

}  // namespace

void read_generation_limit(Call& call, const Member& member) {
    Reader(call, 0, false).read(member);
}

}  // namespace bw::json
