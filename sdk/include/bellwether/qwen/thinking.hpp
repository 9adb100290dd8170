// bellwether/qwen/thinking.hpp - when Alibaba's Qwen models think, and for how long at most, by
// their names and by the words of a request. Both DashScope's own dialect and those who speak
// OpenAI's take these words. Pure; any thread.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::qwen {

// The longest chain of thought of any model.
inline constexpr std::int64_t k_thinking_tokens_max = 81'920;

enum class Thinking {
    if_told,      // only if the request asks for it
    unless_told,  // unless the request turns it off
    always
};

struct Model {
    bool is_qwen = false;  // false: nothing is known of it
    Thinking thinking = Thinking::if_told;
    std::int64_t thinking_tokens_max = 0;
};

namespace detail {

// "qwen3-32b" and its like: the open models, which are named by their sizes.
inline bool is_open_qwen3(std::string_view name) {
    constexpr std::string_view k_begin = "qwen3-";
    return ascii::starts_with_nocase(name, k_begin) && name.size() > k_begin.size() &&
           ascii::is_digit(name[k_begin.size()]);
}

}  // namespace detail

// What is known of a model by its name, with or without the name of its maker and a slash before
// it. One that is newer than this table thinks unless it is told not to, as all do since Qwen3.5.
inline Model find_model(std::string_view model) {
    struct Family {
        std::string_view begin;
        Thinking thinking;
        std::int64_t tokens_max = k_thinking_tokens_max;
    };
    static constexpr Family k_families[] = {{"qwq", Thinking::always, 32'768},
                                            {"qvq", Thinking::always, 16'384},
                                            {"qwen-turbo", Thinking::if_told, 38'912},
                                            {"qwen-", Thinking::if_told},
                                            {"qwen1", Thinking::if_told},
                                            {"qwen2", Thinking::if_told},
                                            {"qwen3-", Thinking::if_told},
                                            {"qwen", Thinking::unless_told}};
    const std::string_view name = model.substr(model.rfind('/') + 1);
    for (const Family& family : k_families) {
        if (!ascii::starts_with_nocase(name, family.begin)) continue;
        Thinking thinking = family.thinking;
        if (detail::is_open_qwen3(name)) thinking = Thinking::unless_told;
        if (ascii::contains_nocase(name, "-instruct")) thinking = Thinking::if_told;
        if (ascii::contains_nocase(name, "-thinking")) thinking = Thinking::always;
        return {true, thinking, family.tokens_max};
    }
    return {};
}

// What a request says of thinking.
struct ThinkingWords {
    json::Value enable;  // enable_thinking
    json::Value budget;  // thinking_budget
    json::Value effort;  // reasoning_effort

    // False: the member is none of these.
    bool take(const json::Member& member) {
        if (member.key_is("enable_thinking")) return enable = member.value(), true;
        if (member.key_is("thinking_budget")) return budget = member.value(), true;
        if (member.key_is("reasoning_effort")) return effort = member.value(), true;
        return false;
    }
};

// Whether a model may think if it is told so. A budget or an effort alone may be taken as a wish.
inline bool thinks(const Model& model, const ThinkingWords& words) {
    if (!model.is_qwen) return false;
    if (model.thinking == Thinking::always) return true;
    if (words.enable.kind() == json::Kind::boolean) return words.enable.boolean(false);
    if (words.effort) return !words.effort.equals("none");
    return words.budget.integer().value_or(0) > 0 || model.thinking == Thinking::unless_told;
}

// The most tokens that one answer of a model that thinks has for its thoughts.
inline std::int64_t thinking_tokens_max(const Model& model, const ThinkingWords& words) {
    constexpr std::int64_t k_budget_max = 1'000'000;
    const std::int64_t budget = words.budget.integer().value_or(0);
    return budget > 0 ? std::min(budget, k_budget_max) : model.thinking_tokens_max;
}

}  // namespace bw::v1::qwen
