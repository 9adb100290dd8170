#include "route/table.hpp"

#include <map>
#include <tuple>

namespace bellwether::route {
Table::Table(const config::Config& config)
    : matcher_(config.routes),
      prices_(config),
      routes_(config.routes.data()),
      aliases_max_(config.routes.size()) {
    number_targets(config);
}

void Table::number_targets(const config::Config& config) {
    std::map<std::tuple<std::size_t, std::string_view, std::string_view>, std::size_t> known;
    for (const auto& route : config.routes) {
        const auto id_of = [&](const config::Target& target) {
            const std::string_view within =
                target.model.empty() ? std::string_view(route.model) : std::string_view();
            const auto [found, is_new] =
                known.emplace(std::tuple(target.provider, std::string_view(target.model), within),
                              targets_.size());
            if (is_new) targets_.push_back({target.provider, target.model, std::string(within)});
            return found->second;
        };
        auto& ids = ids_.emplace_back();
        config::for_each_target(
            route, [&](const config::Target& target) { ids.push_back(id_of(target)); });
        if (route.shadow) ids.push_back(id_of(route.shadow->to));
    }
}

std::span<const std::size_t> Table::ids_of(const config::Route& route) const {
    return ids_[static_cast<std::size_t>(&route - routes_)];
}

Candidate Table::candidate(const config::Target& target, std::size_t id,
                           std::string_view model) const {
    Candidate candidate{.provider = target.provider,
                        .model = std::string(config::model_at(target, model)),
                        .weight = target.weight,
                        .target = &target,
                        .id = id};
    candidate.price = prices_.find(candidate.provider, candidate.model);
    return candidate;
}

std::optional<Match> Table::match(std::string_view model) const {
    Match match;
    match.route = matcher_.find(model);
    while (match.route != nullptr && !match.route->alias.empty()) {
        if (match.aliases.size() == aliases_max_) return std::nullopt;  // a circle
        model = match.route->alias;
        match.aliases.push_back(model);
        match.route = matcher_.find(model);
    }
    if (match.route == nullptr || match.route->to.empty()) return std::nullopt;
    auto id = ids_of(*match.route).begin();
    match.candidates.reserve(ids_of(*match.route).size());
    for (const auto& [chain, key, targets] : config::k_chains) {
        for (const auto& target : match.route->*targets) {
            match.candidates.push_back(candidate(target, *id++, model));
            match.candidates.back().chain = chain;
        }
    }
    if (const auto& shadow = match.route->shadow) match.shadow = candidate(shadow->to, *id, model);
    return match;
}

}  // namespace bellwether::route
