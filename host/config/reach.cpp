#include "config/reach.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "config/key_form.hpp"
#include "config/names.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"
#include "config/shadow_name.hpp"

namespace bellwether::config {
namespace {

using Names = std::vector<std::string>;

bool matches_any(std::string_view pattern, const Names& names) {
    return std::ranges::any_of(names, [&](const auto& name) { return glob_match(pattern, name); });
}

// Matches a name as rules do: an empty list of patterns matches every name.
bool any_matches(const Names& patterns, std::string_view name) {
    const auto matches = [&](const auto& pattern) { return glob_match(pattern, name); };
    return patterns.empty() || std::ranges::any_of(patterns, matches);
}

Names exact_models(const Config& config, bool with_aliases) {
    Names names;
    for (const Route& route : config.routes) {
        if (!is_glob(route.model) && (with_aliases || route.alias.empty())) {
            names.push_back(route.model);
        }
    }
    return names;
}

// A model or a pattern that a rule names. `exact` is the route that serves the model; a pattern has
// none, because every route that overlaps the pattern may serve it.
struct WantedModel {
    std::string_view pattern;
    const Route* exact = nullptr;
};

WantedModel wanted(const Config& config, std::string_view pattern) {
    return {pattern, is_glob(pattern) ? nullptr : best_match(config.routes, pattern)};
}

// Whether a route with targets may serve the model. If two patterns overlap, more specific routes
// might still serve every name that both match; this is not checked.
bool serves(const Route& route, const WantedModel& model) {
    if (!route.alias.empty()) return false;
    if (is_glob(model.pattern)) return patterns_overlap(model.pattern, route.model);
    return model.exact == &route;
}

bool is_served(const Config& config, std::string_view pattern) {
    const WantedModel model = wanted(config, pattern);
    return std::ranges::any_of(config.routes,
                               [&](const Route& route) { return serves(route, model); });
}

// The name at the end of the chain of aliases that begins at `name`. The loop also ends in a
// circle, which check_aliases() reports.
std::string end_of_aliases(const Config& config, std::string name) {
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        const Route* route = best_match(config.routes, name);
        if (route == nullptr || route->alias.empty()) break;
        name = route->alias;
    }
    return name;
}

std::string model_hint(const Config& config, const std::string& name) {
    const Route* route = is_glob(name) ? nullptr : best_match(config.routes, name);
    if (route == nullptr) return did_you_mean(name, exact_models(config, false));
    return fmt::format("aliases are followed: it stands for {}",
                       in_quotes(end_of_aliases(config, name)));
}

bool check_model(const Section& match, const Text& name, const Config& config) {
    if (config.routes.empty() || is_served(config, name.value)) return true;
    match.report().warning(name.at,
                           fmt::format("{} = {} is a model that no route serves, so no call is "
                                       "counted for it",
                                       match.full("model"), in_quotes(name.value)),
                           {}, model_hint(config, name.value));
    return false;
}

bool check_team(const Section& match, const Text& name, const KnownNames& known) {
    if (glob_match(name.value, {})) return true;  // also matches calls without a team
    if (matches_any(name.value, known.teams)) return true;
    if (is_glob(name.value) && known.config.keys.empty()) return true;  // for keys yet to come
    match.report().warning(
        name.at,
        fmt::format("{} = {} is the team of no key of this file, so no call is counted for it",
                    match.full("team"), in_quotes(name.value)),
        {}, did_you_mean(name.value, known.teams));
    return false;
}

// Checks a provider, a route or a key, whose name is a mistake if the file does not define it.
bool check_listed(const Section& match, Subject subject, const Text& name, const Names& known) {
    if (known.empty() && subject != Subject::key) return true;  // reported already
    if (matches_any(name.value, known)) return true;
    if (is_glob(name.value) && known.empty()) return true;  // a rule for keys that are yet to come
    const std::string_view what = name_of(subject);
    const std::string text = fmt::format("{} = {} names no {} of this file", match.full(what),
                                         in_quotes(name.value), what);
    if (is_glob(name.value)) {
        match.report().warning(name.at, text);
        return false;
    }
    match.report().error(
        name.at, text,
        known.empty() ? std::string() : fmt::format("one of {}", fmt::join(known, ", ")),
        did_you_mean(name.value, known));
    return false;
}

// Checks the name of a route. The route of a call is the one at the end of the chain of aliases.
bool check_route(const Section& match, const Text& name, const KnownNames& known) {
    if (!check_listed(match, Subject::route, name, known.routes)) return false;
    const auto counts = [&](const Route& route) {
        if (route.shadow && glob_match(name.value, shadow_name(route))) return true;
        return route.alias.empty() && glob_match(name.value, route.model);
    };
    if (known.routes.empty() || std::ranges::any_of(known.config.routes, counts)) return true;
    match.report().warning(name.at,
                           fmt::format("{} = {} is an alias, which is never the route of a call",
                                       match.full("route"), in_quotes(name.value)),
                           {}, "name the route that the alias leads to");
    return false;
}

// Whether the rule can match a call that this route serves, or a copy of one.
bool may_count(const Config& config, const Route& route, const Scope& scope,
               std::span<const WantedModel> models) {
    const auto may_serve = [&](const WantedModel& model) { return serves(route, model); };
    if (!route.alias.empty()) return false;
    if (!models.empty() && std::ranges::none_of(models, may_serve)) return false;
    const auto counts = [&](const std::string& name, const Target& target) {
        return any_matches(scope.names(Subject::route), name) &&
               any_matches(scope.names(Subject::provider), config.providers[target.provider].name);
    };
    bool found = route.shadow && counts(shadow_name(route), route.shadow->to);
    for_each_target(route, [&](const Target& target) { found |= counts(route.model, target); });
    return found;
}

bool names_any(const Scope& scope, std::initializer_list<Subject> subjects) {
    return std::ranges::any_of(subjects, [&](Subject s) { return !scope.names(s).empty(); });
}

// Whether a route or an alias matches. A key's models are compared with the names that clients
// write, so aliases count as well.
bool asks_a_route(const Config& config, std::string_view pattern) {
    return std::ranges::any_of(config.routes, [&](const Route& route) {
        return is_glob(pattern) ? patterns_overlap(pattern, route.model)
                                : glob_match(route.model, pattern);
    });
}

void unserved(const Config& config, const std::string& model, Position at, Report& report) {
    if (may_be_secret(model)) {
        return report.warning(at,
                              "an element of keys.models looks like a key, and no route serves it");
    }
    report.warning(
        at, fmt::format("keys.models = {} is a model that no route serves", in_quotes(model)), {},
        did_you_mean(model, exact_models(config, true)));
}

bool is_broken(const Config& config) {
    return std::ranges::any_of(config.routes, [](const Route& route) {
        return route.model.empty() || (route.alias.empty() && route.to.empty());
    });
}

class PriceCheck {
  public:
    PriceCheck(const Config& config, const Budget& budget, Report& report)
        : config_(config), budget_(budget), report_(report) {}

    void check() {
        for (const auto& route : config_.routes) {
            if (counts(route, route.model)) {
                for_each_target(route, [&](const Target& target) { check(route, target); });
            }
            if (route.shadow && counts(route, shadow_name(route)) && counts_nobody()) {
                check(route, route.shadow->to);
            }
        }
    }

  private:
    // Whether the budget certainly counts calls of the route, which it knows by this name, if the
    // caller matches: who will call is not known here.
    bool counts(const Route& route, std::string_view name) const {
        if (!fits(Subject::route, name)) return false;
        if (is_glob(route.model)) return budget_.scope.names(Subject::model).empty();
        return fits(Subject::model, route.model);
    }

    // Whether it counts calls without key, team and user, as the copies for a shadow are.
    bool counts_nobody() const {
        return fits(Subject::key, {}) && fits(Subject::team, {}) && fits(Subject::user, {});
    }

    void check(const Route& route, const Target& target) {
        const std::string model(model_at(target, route.model));
        if (!is_glob(model)) check(config_.providers[target.provider].name, model);
    }

    bool fits(Subject subject, std::string_view name) const {
        return any_matches(budget_.scope.names(subject), name);
    }

    bool has_price(std::string_view provider, std::string_view model) const {
        return std::ranges::any_of(config_.prices, [&](const Price& price) {
            return price.provider == provider && glob_match(price.model, model);
        });
    }

    void check(const std::string& provider, const std::string& model) {
        if (!fits(Subject::provider, provider) || has_price(provider, model)) return;
        if (!reported_.emplace(provider, model).second) return;
        report_.error(budget_.at,
                      fmt::format("the budget {} counts money, and {} of {} has no price",
                                  in_quotes(budget_.name), in_quotes(model), provider),
                      "[[prices]] for it, or a match that leaves it out");
    }

    const Config& config_;
    const Budget& budget_;
    Report& report_;
    std::set<std::pair<std::string, std::string>> reported_;
};

// The way from one alias to its end.
class AliasPath {
  public:
    AliasPath(std::span<const Route> routes, const Route& start)
        : routes_(routes), visited_{&start} {}

    void check(Report& report) {
        const Route& start = *visited_.front();
        const Route* next = best_match(routes_, start.alias);
        if (next == nullptr) return leads_nowhere(start, report);
        while (next != nullptr && !next->alias.empty()) {
            if (next == &start) return goes_round(report);
            if (std::ranges::find(visited_, next) != visited_.end()) return;  // a circle behind it
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

    // Every route of a circle gets here; only the first one in the file reports the circle.
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

KnownNames::KnownNames(const Config& all) : config(all) {
    for (const auto& provider : all.providers) providers.push_back(provider.name);
    for (const auto& route : all.routes) {
        routes.push_back(route.model);
        if (route.shadow) routes.push_back(shadow_name(route));
    }
    for (const auto& key : all.keys) {
        if (std::ranges::find(keys, key.name) == keys.end()) keys.push_back(key.name);
        if (!key.team.empty()) teams.push_back(key.team);
    }
}

bool check_name(const Section& match, Subject subject, const Text& name, const KnownNames& known) {
    switch (subject) {
        case Subject::provider: return check_listed(match, subject, name, known.providers);
        case Subject::route: return check_route(match, name, known);
        case Subject::key: return check_listed(match, subject, name, known.keys);
        case Subject::team: return check_team(match, name, known);
        case Subject::model: return check_model(match, name, known.config);
        case Subject::user: break;  // clients choose the name
    }
    return true;
}

void check_together(const Section& match, const Scope& scope, const KnownNames& known) {
    const Config& config = known.config;
    const auto fits_key = [&](const Key& key) {
        return any_matches(scope.names(Subject::key), key.name) &&
               any_matches(scope.names(Subject::team), key.team);
    };
    if (!config.keys.empty() && names_any(scope, {Subject::key, Subject::team}) &&
        std::ranges::none_of(config.keys, fits_key)) {
        match.report().warning(match.at(),
                               "no key of this file has both the name and the team that this match "
                               "asks for, so no call is counted for it");
    }
    if (is_broken(config) || !names_any(scope, {Subject::model, Subject::provider, Subject::route}))
        return;
    std::vector<WantedModel> models;
    for (const auto& name : scope.names(Subject::model)) models.push_back(wanted(config, name));
    const auto counts = [&](const Route& r) { return may_count(config, r, scope, models); };
    if (std::ranges::any_of(config.routes, counts)) return;
    match.report().warning(match.at(),
                           "no route leads to what this match asks for, so no call is counted for "
                           "it");
}

void check_key_models(const Config& config, Report& report) {
    if (config.routes.empty()) return;
    std::map<std::string_view, bool> known;
    const auto may_be_served = [&](const std::string& pattern) {
        const auto [entry, is_new] = known.try_emplace(pattern, false);
        if (is_new) entry->second = asks_a_route(config, pattern);
        return entry->second;
    };
    for (const Key& key : config.keys) {
        for (std::size_t i = 0; i < key.models.size(); ++i) {
            if (!may_be_served(key.models[i]))
                unserved(config, key.models[i], key.models_at[i], report);
        }
    }
}

void check_priced(const Config& config, Report& report) {
    for (const auto& budget : config.budgets) {
        if (budget.unit == BudgetUnit::micro_usd) PriceCheck(config, budget, report).check();
    }
}

void check_aliases(std::span<const Route> routes, Report& report) {
    for (const auto& route : routes) {
        if (!route.alias.empty()) AliasPath(routes, route).check(report);
    }
}

}  // namespace bellwether::config
