// Finds the route of a model name: first by its exact name, with a hash table, then among the
// globs, the most specific first. Built once, constant afterwards, shared by all workers.
// config/pattern.hpp defines what a pattern matches and which pattern is more specific.
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"

namespace bellwether::route {

class Matcher {
  public:
    // Keeps pointers to the routes, which must outlive the matcher.
    explicit Matcher(std::span<const config::Route> routes);

    const config::Route* find(std::string_view model) const;  // null: none

  private:
    std::unordered_map<std::string_view, const config::Route*> exact_;
    std::vector<const config::Route*> globs_;
};

}  // namespace bellwether::route
