#include "report/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>

#include "base/clock.hpp"
#include "config/key_form.hpp"
#include "config/names.hpp"
#include "config/pattern.hpp"
#include "config/shown.hpp"
#include "policy/limits/rules.hpp"

namespace bellwether::report {
namespace {

std::string place_of(const config::Config& config, const config::Route& route) {
    return config.place_of(route.at);
}

std::vector<ExplainedCredential> credentials_of(const config::Provider& wanted,
                                                const plugin::LoadedProvider& provider) {
    std::vector<ExplainedCredential> credentials;
    for (const auto& spec : provider.manifest.credentials) {
        const auto given =
            std::ranges::find(wanted.secrets, spec.secret_key, &config::SecretReference::name);
        credentials.push_back(
            {.name = spec.name,
             .reference = given != wanted.secrets.end() ? given->reference : spec.usual_source(),
             .set = provider.credential(spec.name, 0) != nullptr});
    }
    return credentials;
}

ExplainedTarget explain_target(const ExplainSources& sources, const route::Candidate& candidate) {
    const plugin::LoadedProvider& provider = *sources.registry.providers[candidate.provider];
    ExplainedTarget explained{
        .provider = provider.name,
        .model = candidate.model,
        .target = candidate.target,
        .unavailable = provider.unavailable,
        .origin = provider.origin,
        .credentials = credentials_of(sources.config.providers[candidate.provider], provider),
        .price = candidate.price,
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
    if (sources.states != nullptr) explained.live = live_target(*sources.states, candidate.id);
    return explained;
}

std::optional<unsigned> share_of(const ExplainedTarget& explained, bool is_first,
                                 const std::vector<const config::Target*>& tier) {
    using config::Strategy;
    if (tier.size() == 1) return 1000;
    if (explained.strategy == Strategy::ordered) return is_first ? 1000 : 0;
    if (explained.strategy != Strategy::weighted && explained.strategy != Strategy::sticky) {
        return std::nullopt;
    }
    std::uint64_t total = 0;
    for (const auto* target : tier) total += target->weight;
    if (total == 0) return is_first ? 1000 : 0;
    const std::uint64_t weight = explained.target->weight;
    return static_cast<unsigned>((weight * 1000 + total / 2) / total);
}

// Says of each target by which strategy its tier is ordered, and what it gets of it.
void explain_shares(const std::vector<config::Strategy>& strategies,
                    std::vector<ExplainedTarget>& targets) {
    std::map<std::uint32_t, std::vector<const config::Target*>> tiers;
    for (const auto& explained : targets) {
        tiers[explained.target->tier].push_back(explained.target);
    }
    for (auto& explained : targets) {
        const auto tier = tiers.find(explained.target->tier);
        const auto rank = static_cast<std::size_t>(std::distance(tiers.begin(), tier));
        explained.strategy = strategies[std::min(rank, strategies.size() - 1)];
        const bool is_first = tier->second.front() == explained.target;
        explained.share_permille = share_of(explained, is_first, tier->second);
    }
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

std::vector<ExplainedTarget>& targets_of(Explanation& explanation, route::Chain chain) {
    switch (chain) {
        case route::Chain::none: break;
        case route::Chain::context_length: return explanation.on_context_length;
        case route::Chain::content_filter: return explanation.on_content_filter;
        case route::Chain::budget: return explanation.on_budget;
    }
    return explanation.targets;
}

// Follows the aliases of a model to its targets; nothing: no route serves the model.
std::optional<Explanation> explain_route(const ExplainSources& sources, std::string_view model) {
    const config::Config& config = sources.config;
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
    explanation.route = route;
    const auto match = sources.routes.match(model);
    if (!match) return std::nullopt;
    for (const auto& candidate : match->candidates) {
        targets_of(explanation, candidate.chain).push_back(explain_target(sources, candidate));
    }
    explain_shares(route->strategies, explanation.targets);
    for (const auto& chain : k_chains) {
        explain_shares(route->strategies, explanation.*chain.targets);
    }
    if (match->shadow) explanation.shadow = explain_target(sources, *match->shadow);
    add_rivals(config, name, *route, explanation);
    return explanation;
}

std::string counts_of(const config::Budget& budget) {
    std::string text = amount_text(budget);
    const bool tokens = budget.unit == config::BudgetUnit::tokens;
    if (tokens && budget.count != config::Count::total) {
        text += fmt::format(" of {}", name_of(budget.count));
    }
    const bool ends = budget.period.unit != calendar::Unit::none;
    const bool vowel = budget.period.unit == calendar::Unit::hour;
    text += ends ? fmt::format(" {} {}", vowel ? "an" : "a", config::name_of(budget.period.unit))
                 : " for good";
    return fmt::format("{}, {}", text, name_of(budget.mode));
}

std::string counts_of(const policy::Rule& rule) {
    if (rule.budget != nullptr) return counts_of(*rule.budget);
    const config::Limit& limit = *rule.limit;
    switch (rule.counts) {
        case policy::Counts::concurrent: return fmt::format("{} at once", limit.concurrent);
        case policy::Counts::requests:
            return fmt::format("{} requests", rate_text(*limit.requests));
        default: return fmt::format("{} tokens", rate_text(*limit.tokens));
    }
}

ExplainedCount explained(const config::Config& config, const policy::Counting& counting) {
    const policy::Rule& rule = *counting.rule;
    ExplainedCount count{.name = rule.budget != nullptr ? rule.budget->name : rule.limit->name,
                         .counts = counts_of(rule),
                         .each = {},
                         .values = {},
                         .at = rule.budget != nullptr ? rule.budget->at : rule.limit->at};
    count.file = config.file_of(count.at).string();
    if (!rule.scope->each) return count;
    count.each = name_of(*rule.scope->each);
    count.values = counting.values;
    std::erase(count.values, std::string());
    return count;
}

// The caller of the question; an empty member is not named.
struct Caller {
    std::string_view key;  // the name of a client's key
    std::string_view team;
    std::string_view user;
};

std::vector<ExplainedCount> explain_counts(const config::Config& config,
                                           const Explanation& explanation, const Caller& caller) {
    std::vector<std::string> providers;
    for (const auto& target : explanation.targets) providers.push_back(target.provider);
    for (const auto& chain : k_chains) {
        for (const auto& target : explanation.*chain.targets) providers.push_back(target.provider);
    }
    const ExplainedRule& last = explanation.rules.back();
    const policy::Facts facts{.key = caller.key,
                              .team = caller.team,
                              .user = caller.user,
                              .model = last.name,
                              .provider = {},
                              .route = last.model};
    std::vector<ExplainedCount> counts;
    const policy::Rules rules(config);
    for (const auto& counting : rules.counting(facts, providers)) {
        counts.push_back(explained(config, counting));
    }
    return counts;
}

// Why the key may not use the model; empty: it may.
std::string refusal_of(const config::Key& key, std::string_view model) {
    if (key.disabled) return "it is disabled";
    if (config::has_ended(key, Clock::wall())) return "it has expired";
    return config::may_use(&key, model) ? "" : "none of its models is this one";
}

// The message does not repeat what was asked for: it may be a key, pasted in the wrong place.
NotExplained unknown_key(bool there_are_keys) {
    return {.message = there_are_keys
                           ? "there is no client key with that name or public id; [[keys]] of the "
                             "config has those that there are"
                           : "there is no such client key: no client keys are configured, so every "
                             "caller may use every model; ask without a key",
            .model = {},
            .models = {}};
}

NotExplained unknown_model(const route::Catalogue& catalogue, std::string_view model) {
    NotExplained reason{.message = catalogue.not_found_message(model, nullptr),
                        .model = std::string(model),
                        .models = {}};
    for (const auto& entry : catalogue.entries()) reason.models.push_back(entry.id);
    return reason;
}

}  // namespace

std::expected<Explanation, NotExplained> explain(const ExplainSources& sources,
                                                 const ExplainQuestion& question) {
    const config::Key* const key = question.key.empty() ? nullptr : sources.keys.find(question.key);
    if (key == nullptr && !question.key.empty()) {
        return std::unexpected(unknown_key(!sources.keys.is_open()));
    }
    auto explanation = explain_route(sources, question.model);
    if (!explanation) return std::unexpected(unknown_model(sources.catalogue, question.model));
    Caller caller{.key = {}, .team = {}, .user = question.user};
    if (key != nullptr) {
        caller.key = key->name;
        caller.team = key->team;
        explanation->key = {.key = key, .refusal = refusal_of(*key, question.model)};
    }
    if (!sources.keys.is_open()) explanation->keys = sources.keys.size();
    explanation->counted_by = explain_counts(sources.config, *explanation, caller);
    return *std::move(explanation);
}

}  // namespace bellwether::report
