#include "policy/estimate/densities.hpp"

#include <algorithm>

namespace bellwether::policy {
namespace {

// Shorter prompts teach nothing: their larger part is the frame of the model's template.
constexpr std::int64_t k_text_bytes_min = 256;
// The most models that are remembered. Where a route has a glob, clients choose the names of
// models, and could fill the memory with them.
constexpr std::size_t k_models_max = 1'000;
// A prompt of lower density moves what was learned towards the default: by the distance divided by
// this.
constexpr std::int64_t k_decay_divisor = 64;

std::string name_of(std::string_view provider, std::string_view model) {
    std::string name(provider);
    return name.append("/").append(model);
}

}  // namespace

std::int64_t Densities::of(std::string_view provider, std::string_view model) const {
    if (known_.empty()) return k_density_default;
    const auto found = known_.find(name_of(provider, model));
    return found == known_.end() ? k_density_default : found->second;
}

void Densities::learn(std::string_view provider, std::string_view model, const PromptSize& size,
                      std::int64_t tokens) {
    const bool text_only = size.media_tokens == 0 && size.part_tokens == 0;
    if (!text_only || size.text_bytes < k_text_bytes_min) return;
    const std::int64_t seen = density_of(size, tokens);
    std::string name = name_of(provider, model);
    const auto found = known_.find(name);
    if (found == known_.end()) {
        if (seen > k_density_default && known_.size() < k_models_max) {
            known_.emplace(std::move(name), seen);
        }
        return;
    }
    std::int64_t& density = found->second;
    density = std::max(
        seen, density - (density - k_density_default + k_decay_divisor - 1) / k_decay_divisor);
}

}  // namespace bellwether::policy
