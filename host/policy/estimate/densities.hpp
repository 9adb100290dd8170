// Learns from what providers report how many tokens each model makes of a prompt's bytes. The
// largest figure seen lately counts, so that estimates stay upper bounds. Each worker has its own,
// on its thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/estimate/estimate.hpp"

namespace bellwether::policy {

class Densities {
  public:
    // The density to give to prompt_tokens_max(); k_density_default for a model of which nothing is
    // known.
    std::int64_t of(std::string_view provider, std::string_view model) const;
    void learn(std::string_view provider, std::string_view model, const PromptSize& size,
               std::int64_t tokens);

  private:
    std::unordered_map<std::string, std::int64_t> known_;
};

}  // namespace bellwether::policy
