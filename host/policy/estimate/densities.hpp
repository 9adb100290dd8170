// How many tokens the prompts of each model make of their bytes, learned from what providers
// report: the largest seen lately, so that estimates stay bounds. One worker's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/estimate/estimate.hpp"

namespace bw::policy {

class Densities {
  public:
    // For prompt_tokens_max; the default for a model that nothing is known of.
    std::int64_t of(std::string_view provider, std::string_view model) const;
    void learn(std::string_view provider, std::string_view model, const PromptSize& size,
               std::int64_t tokens);

  private:
    std::unordered_map<std::string, std::int64_t> known_;
};

}  // namespace bw::policy
