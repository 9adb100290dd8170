// Aliases that lead nowhere or in a circle.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

// Follows one alias to its end.
class Chain {
  public:
    Chain(std::span<const Route> routes, const Route& start) : routes_(routes), visited_{&start} {}

    void check(Report& report) {
        const Route& start = *visited_.front();
        const Route* next = best_match(routes_, start.alias);
        if (next == nullptr) return leads_nowhere(start, report);
        while (next != nullptr && !next->alias.empty()) {
            if (next == &start) return goes_round(report);
            if (std::ranges::find(visited_, next) != visited_.end()) return;  // a circle further on
            visited_.push_back(next);
            next = best_match(routes_, next->alias);
        }
    }

  private:
    void leads_nowhere(const Route& start, Report& report) {
        std::vector<std::string> models;
        for (const auto& route : routes_) {
            if (!is_glob(route.model) && &route != &start) models.push_back(route.model);
        }
        report.error(start.alias_at,
                     fmt::format("routes.alias = {} is a model that no route serves",
                                 in_quotes(start.alias)),
                     {}, did_you_mean(start.alias, models));
    }

    // Every route of a circle comes here; the first in the file speaks for all.
    void goes_round(Report& report) {
        if (std::ranges::min(visited_) != visited_.front()) return;
        std::vector<std::string> names;
        for (const auto* route : visited_) names.push_back(in_quotes(route->model));
        names.push_back(names.front());
        report.error(visited_.front()->alias_at,
                     fmt::format("an alias leads back to itself: {}", fmt::join(names, " -> ")));
    }

    std::span<const Route> routes_;
    std::vector<const Route*> visited_;
};

}  // namespace

void check_aliases(std::span<const Route> routes, Report& report) {
    for (const auto& route : routes) {
        if (!route.alias.empty()) Chain(routes, route).check(report);
    }
}

}  // namespace bw::config
