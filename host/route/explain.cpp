#include "route/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/pattern.hpp"

namespace bw::route {
namespace {

std::string place_of(const config::Config& config, const config::Route& route) {
    return fmt::format("{}:{}", config.file.string(), route.at.line);
}

std::vector<ExplainedCredential> credentials_of(const config::Provider& wanted,
                                                const plugin::Provider& provider) {
    std::vector<ExplainedCredential> credentials;
    for (const auto& spec : provider.manifest.secrets) {
        const auto given =
            std::ranges::find(wanted.secrets, spec.name, &config::SecretReference::name);
        credentials.push_back(
            {.name = spec.name,
             .reference = given != wanted.secrets.end() ? given->reference : "env:" + spec.env,
             .set = provider.secrets.contains(spec.name)});
    }
    return credentials;
}

// How many of a thousand calls try the target first.
unsigned share_of(const config::Route& route, std::size_t at) {
    if (route.strategy == config::Strategy::ordered) return at == 0 ? 1000 : 0;
    std::uint64_t total = 0;
    for (const auto& target : route.to) total += target.weight;
    if (total == 0) return 0;
    return static_cast<unsigned>((std::uint64_t{route.to[at].weight} * 1000 + total / 2) / total);
}

ExplainedTarget explain_target(const config::Config& config, const plugin::Registry& registry,
                               const config::Target& target, std::string_view name) {
    const plugin::Provider& provider = *registry.providers[target.provider];
    ExplainedTarget explained{
        .provider = provider.name,
        .model = target.model.empty() ? std::string(name) : target.model,
        .weight = target.weight,
        .unavailable = provider.unavailable,
        .origin = provider.origin,
        .credentials = credentials_of(config.providers[target.provider], provider),
        .timeouts = provider.timeouts,
        .operations = provider.manifest.operations};
    if (provider.library != nullptr) {
        const bw_plugin& table = provider.library->table();
        explained.plugin = table.id;
        explained.version = table.version;
        explained.abi = fmt::format("1.{}", table.abi_minor);
        explained.file = provider.library->file().string();
        explained.sha256 = provider.library->sha256();
    }
    const auto known = std::ranges::find(provider.models, explained.model, &plugin::Model::id);
    if (known != provider.models.end()) {
        explained.context = known->context;
        explained.max_output = known->max_output;
    }
    return explained;
}

// The winner is more specific in one of three ways; see config/pattern.hpp.
std::string why_lost(const config::Route& route, const config::Route& winner) {
    if (!config::is_glob(winner.model)) return "an exact name beats a pattern";
    const auto literals = [](std::string_view pattern) {
        return std::ranges::count_if(pattern, [](char c) { return c != '*' && c != '?'; });
    };
    return literals(route.model) < literals(winner.model)
               ? "a pattern with more literal characters beats it"
               : "of two patterns with equally many literal characters the one that sorts first "
                 "counts";
}

void add_rivals(const config::Config& config, std::string_view name, const config::Route& winner,
                Explanation& explanation) {
    for (const auto& route : config.routes) {
        if (&route == &winner) continue;
        if (!config::is_glob(route.model) || !config::glob_match(route.model, name)) {
            ++explanation.without_match;
            continue;
        }
        explanation.rivals.push_back(
            {route.model, place_of(config, route), why_lost(route, winner)});
    }
}

}  // namespace

std::optional<Explanation> explain(const config::Config& config, const plugin::Registry& registry,
                                   const Prices& prices, std::string_view model) {
    Explanation explanation{.model = std::string(model)};
    std::string_view name = model;
    const config::Route* route = nullptr;
    do {
        if (name.size() > config::k_model_bytes_max) return std::nullopt;
        route = config::best_match(config.routes, name);
        if (route == nullptr) return std::nullopt;
        explanation.rules.push_back(
            {std::string(name), route->model, place_of(config, *route), route->alias});
        if (!route->alias.empty()) name = route->alias;
        if (explanation.rules.size() > config.routes.size()) return std::nullopt;  // a circle
    } while (!route->alias.empty());
    explanation.strategy = route->strategy;
    for (std::size_t i = 0; i < route->to.size(); ++i) {
        const auto& target = route->to[i];
        auto explained = explain_target(config, registry, target, name);
        explained.share_permille = share_of(*route, i);
        explained.price = prices.find(target.provider, explained.model);
        explanation.targets.push_back(std::move(explained));
    }
    add_rivals(config, name, *route, explanation);
    return explanation;
}

}  // namespace bw::route
