#include "route/table.hpp"

#include <algorithm>

namespace bw::route {
namespace {

// Moves the target that the random number falls on to the front; the others follow by weight.
void order_by_weight(std::vector<Candidate>& candidates, std::uint64_t random) {
    std::uint64_t total = 0;
    for (const auto& candidate : candidates) total += candidate.weight;
    if (total == 0) return;
    std::uint64_t ticket = random % total;
    auto chosen = candidates.begin();
    while (ticket >= chosen->weight) ticket -= (chosen++)->weight;
    std::rotate(candidates.begin(), chosen, chosen + 1);
    std::stable_sort(candidates.begin() + 1, candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
}

}  // namespace

Table::Table(const config::Config& config)
    : matcher_(config.routes), prices_(config), aliases_max_(config.routes.size()) {}

std::optional<Match> Table::match(std::string_view model, std::uint64_t random) const {
    Match match;
    match.route = matcher_.find(model);
    while (match.route != nullptr && !match.route->alias.empty()) {
        if (match.aliases.size() == aliases_max_) return std::nullopt;  // a circle
        model = match.route->alias;
        match.aliases.push_back(model);
        match.route = matcher_.find(model);
    }
    if (match.route == nullptr || match.route->to.empty()) return std::nullopt;
    match.candidates.reserve(match.route->to.size());
    for (const auto& target : match.route->to) {
        std::string name = target.model.empty() ? std::string(model) : target.model;
        const auto* price = prices_.find(target.provider, name);
        match.candidates.push_back({target.provider, std::move(name), target.weight, price});
    }
    if (match.route->strategies.front() == config::Strategy::weighted) {
        order_by_weight(match.candidates, random);
    }
    return match;
}

}  // namespace bw::route
