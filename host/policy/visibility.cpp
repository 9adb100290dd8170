#include "policy/visibility.hpp"

namespace bw::policy {
namespace {

// Names come from clients: where globs route them, there may be any number.
constexpr std::size_t k_models_max = 1'000;

// What the host counts of a text may be half of the truth; and an answer has some tokens that are
// no text.
constexpr std::int64_t k_token_for_seen_max = 2;
constexpr std::int64_t k_unseen_grace = 64;

std::string name_of(std::string_view provider, std::string_view model, bool thinks) {
    std::string name(provider);
    return name.append("/").append(model).append(thinks ? "/thinks" : "");
}

}  // namespace

Shows Visibility::of(std::string_view provider, std::string_view model, bool thinks) const {
    if (known_.empty()) return Shows::unknown;
    const auto found = known_.find(name_of(provider, model, thinks));
    return found == known_.end() ? Shows::unknown : found->second;
}

void Visibility::learn(std::string_view provider, std::string_view model, bool thinks,
                       const Heard& heard) {
    const std::int64_t reported = heard.reported.output_tokens;
    if (reported <= 0 || !heard.reported_last) return;
    const bool all = reported <= heard.seen * k_token_for_seen_max + k_unseen_grace;
    const auto found = known_.find(name_of(provider, model, thinks));
    if (found != known_.end()) {
        if (!all) found->second = Shows::not_all;
    } else if (known_.size() < k_models_max) {
        known_.emplace(name_of(provider, model, thinks), all ? Shows::all : Shows::not_all);
    }
}

}  // namespace bw::policy
