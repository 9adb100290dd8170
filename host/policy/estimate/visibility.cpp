#include "policy/estimate/visibility.hpp"

#include <algorithm>
#include <utility>

namespace bellwether::policy {
namespace {

// The most models that are remembered. Where a route has a glob, clients choose the names of
// models, and could fill the memory with them.
constexpr std::size_t k_models_max = 1'000;

// A model has hidden something if it reports more than k_token_for_seen_max tokens for each one
// seen and k_unseen_grace beside. The host may have counted only half of a text, and an answer has
// some tokens that are not text.
constexpr std::int64_t k_token_for_seen_max = 2;
constexpr std::int64_t k_unseen_grace = 64;

constexpr int k_answers_to_believe = 3;
constexpr int k_answers_to_forget = 100;

std::string name_of(std::string_view provider, std::string_view model, bool thinks) {
    std::string name(provider);
    return name.append("/").append(model).append(thinks ? "/thinks" : "");
}

}  // namespace

Shows Visibility::of(std::string_view provider, std::string_view model, bool thinks) const {
    if (known_.empty()) return Shows::unknown;
    const auto found = known_.find(name_of(provider, model, thinks));
    if (found == known_.end()) return Shows::unknown;
    const auto& [in_a_row, has_hidden] = found->second;
    if (in_a_row >= (has_hidden ? k_answers_to_forget : k_answers_to_believe)) return Shows::all;
    return has_hidden ? Shows::not_all : Shows::unknown;
}

void Visibility::learn(std::string_view provider, std::string_view model, bool thinks,
                       const AnswerSeen& heard) {
    const std::int64_t reported = heard.reported.output_tokens;
    if (reported <= 0 || !heard.reported_last) return;
    std::string name = name_of(provider, model, thinks);
    if (known_.size() >= k_models_max && !known_.contains(name)) return;
    Seen& seen = known_[std::move(name)];
    if (reported > heard.seen * k_token_for_seen_max + k_unseen_grace) {
        seen = {.shown_in_a_row = 0, .has_hidden = true};
    } else {
        seen.shown_in_a_row = std::min(seen.shown_in_a_row + 1, k_answers_to_forget);
    }
}

}  // namespace bellwether::policy
