// Finds the route of a model name: exact names by a hash, then the globs from the most specific on.
// Built once, constant afterwards, shared by all workers. What a pattern matches and which one
// counts is defined in config/pattern.hpp.
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"

namespace bw::route {

class Matcher {
  public:
    // Keeps pointers to the routes.
    explicit Matcher(std::span<const config::Route> routes);

    const config::Route* find(std::string_view model) const;  // null: none

  private:
    std::unordered_map<std::string_view, const config::Route*> exact_;
    std::vector<const config::Route*> globs_;
};

}  // namespace bw::route
