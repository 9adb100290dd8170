// [[routes]].
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/choosing.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"
#include "config/target.hpp"

namespace bellwether::config {
namespace {

bool is_sticky(const Route& route) {
    return std::ranges::find(route.strategies, Strategy::sticky) != route.strategies.end();
}

Value strategies_of(const Route& route) {
    std::vector<std::string> names;
    for (const Strategy one : route.strategies) names.emplace_back(name_of(one));
    return names.size() == 1 ? Value(names.front()) : Value(names);
}

constexpr KeyOf<Route> k_route_keys[] = {
    key<Route>("model", k_text,
               "an exact name, or a pattern: `*` any run of characters, also none; `?` one "
               "character",
               nullptr, nullptr, k_required),
    key<Route>("strategy", k_strategy, "how the first of `to` is chosen", nullptr, strategies_of),
    {.facts = {"sticky_by", k_sticky_by, "what a `sticky` route looks at"},
     .read = read_sticky_by,
     .get = [](const Route& route) -> Value { return text_of(route.sticky_by); },
     .is_shown = is_sticky},
    key<Route>("alias", k_text, "serve this name instead", nullptr, nullptr, "none"),
    key<Route>(
        "to", k_targets,
        "a provider's name; or several, each a name or a table `{ provider, model, weight }`",
        nullptr, nullptr, "none"),
    key<Route>("on_context_length", k_targets,
               "where a call goes whose prompt is too long for a target of `to`", nullptr, nullptr,
               "none"),
    key<Route>("on_content_filter", k_targets,
               "where a call goes that a target of `to` refuses for its content", nullptr, nullptr,
               "none"),
    key<Route>("on_budget", k_targets,
               "where a call goes for which a budget has nothing left at the targets of `to`",
               nullptr, nullptr, "none"),
    key<Route>(
        "hedge", k_hedge, "a call without content after so long is sent to another target as well",
        read_hedge,
        [](const Route& route) -> Value {
            return route.hedge ? Value(text_of(*route.hedge)) : Value();
        },
        "none"),
    key<Route>("shadow", Tables{"shadow"}, "where copies of calls go whose answers nobody gets",
               nullptr, nullptr, "none"),
    key<&Route::continue_stream>("continue_stream", Flag{},
                                 "a stream that breaks off goes on at the next target, with what "
                                 "was said so far"),
    key<Route>("retry", Tables{"own_retry"}, "when a call that failed is tried again", nullptr,
               nullptr, "that of the provider"),
    on_disconnect_key<Route>("that of `[server]`"),
};

class RouteReader {
  public:
    RouteReader(Section& section, std::span<const Provider> providers, Route& route)
        : section_(section), scope_{providers, {}}, route_(route) {}

    void read() {
        route_.at = section_.at();
        read_keys<Route>(section_, k_route_keys, route_);
        read_model();
        read_alias();
        auto strategies = read_strategies(section_, "strategy");
        const bool known_strategies = !section_.has("strategy") || !strategies.empty();
        if (!strategies.empty()) route_.strategies = std::move(strategies);
        scope_.retry = RetryKeys(section_, "retry");
        for (const ChainTargets& chain : k_chains) {
            read_targets_of(chain.key, route_.*chain.targets, known_strategies);
        }
        read_shadow(section_, "shadow", scope_, route_);
        section_.finish();
        check_alternatives();
        if (known_strategies) check_strategies();
    }

  private:
    void read_model() {
        if (auto model = section_.text("model", k_model_bytes_max)) {
            route_.model = std::move(model->value);
            route_.model_at = model->at;
        } else if (!section_.has("model")) {
            section_.report().absent(route_.at, {"model"}, "a route has no model",
                                     "model = \"NAME\" or a pattern such as \"qwen-*\"");
        }
    }

    void read_alias() {
        auto alias = section_.text("alias", k_model_bytes_max);
        if (!alias) return;
        if (is_glob(alias->value)) {
            return section_.error(alias->at, "alias",
                                  fmt::format("= {} is a pattern", in_quotes(alias->value)),
                                  "the name of one model");
        }
        route_.alias = std::move(alias->value);
        route_.alias_at = alias->at;
    }

    void read_targets_of(std::string_view key, std::vector<Target>& targets,
                         bool known_strategies) {
        GivenTargets given = read_targets(section_, key, scope_);
        if (known_strategies) check_weights(section_, key, given, route_.strategies);
        targets = std::move(given.targets);
    }

    void check_alternatives() {
        const bool to = section_.has("to"), alias = section_.has("alias");
        if (to && alias) {
            section_.report().error(route_.at, "a route has both to and alias", "one of the two");
        }
        if (!to && !alias) {
            section_.report().absent(route_.at, {"to", "alias"}, "a route has neither to nor alias",
                                     "one of the two");
        }
        if (!alias || to) return;
        for (const auto& one : k_route_keys) {
            const std::string_view name = one.facts.name;
            if (name == "model" || name == "alias" || !section_.has(name)) continue;
            section_.report().warning(section_.key_at(name),
                                      fmt::format("{} has no effect on an alias", name));
        }
    }

    void check_strategies() {
        const std::size_t tiers = tiers_of(route_.to);
        const bool whole = section_.has("to") && section_.refused().empty();
        if (whole && tiers > 0 && route_.strategies.size() > tiers) {
            section_.report().warning(
                section_.value_at("strategy"),
                fmt::format("there are {} strategies, and the targets have {}",
                            route_.strategies.size(),
                            tiers == 1 ? "one tier" : fmt::format("{} tiers", tiers)),
                "one strategy a tier");
        }
        if (section_.has("sticky_by") && section_.has("to") && !is_sticky(route_)) {
            section_.report().warning(section_.key_at("sticky_by"),
                                      "sticky_by has no effect: the route is not sticky", {},
                                      "write strategy = \"sticky\"");
        }
    }

    Section& section_;
    TargetScope scope_;
    Route& route_;
};

void check_duplicates(std::span<const Route> routes, Report& report) {
    std::map<std::string_view, Position> places;
    for (const auto& route : routes) {
        if (route.model.empty() || route.is_default) continue;
        const auto [first, added] = places.emplace(route.model, route.model_at);
        if (added) continue;
        report.error(route.model_at, fmt::format("a second route for {}; the first is at {}",
                                                 in_quotes(route.model),
                                                 report.place(first->second, route.model_at)));
    }
}

// The route of default_to matches every name, as a route for "*" does.
void read_default(Section& root, std::span<const Provider> providers, std::vector<Route>& routes) {
    Route route;
    route.model = "*";
    route.is_default = true;
    GivenTargets given = read_targets(root, k_default_to, {providers, {}});
    if (!root.has(k_default_to)) return;
    check_weights(root, k_default_to, given, route.strategies);
    route.to = std::move(given.targets);
    route.at = root.key_at(k_default_to);
    route.model_at = route.at;
    const auto other = std::ranges::find_if(routes, [](const Route& one) {
        return !one.model.empty() && one.model.find_first_not_of('*') == std::string::npos;
    });
    if (other != routes.end()) {
        root.report().error(
            route.at,
            fmt::format("default_to and the route for {} at {} both serve the "
                        "names that no other route serves",
                        in_quotes(other->model), root.report().place(other->model_at, route.at)),
            "one of the two");
    }
    routes.push_back(std::move(route));
}

}  // namespace

void read_routes(Section& root, std::span<const Provider> providers, std::vector<Route>& routes) {
    auto sections = root.tables("routes");
    if (sections && !sections->empty()) {
        for (auto& section : *sections) {
            RouteReader(section, providers, routes.emplace_back()).read();
        }
    } else if (!root.has(k_default_to) && (sections || !root.has("routes"))) {
        root.report().absent({}, {"routes"}, "there are no routes", "at least one [[routes]]");
    }
    check_duplicates(routes, root.report());
    read_default(root, providers, routes);
}

void write_route(json::PrettyWriter& writer, const Config& config, const Route& route) {
    writer.field("model", route.model);
    if (!route.alias.empty()) {
        writer.field("alias", route.alias);
        return;
    }
    if (route.is_default) writer.field("is_default", true);
    write_keys<Route>(writer, k_route_keys, route);
    for (const ChainTargets& chain : k_chains) {
        const auto& targets = route.*chain.targets;
        if (chain.chain == Chain::none || !targets.empty()) {
            write_targets(writer, chain.key, config, targets);
        }
    }
    write_shadow(writer, config, route);
}

std::vector<SectionFacts> route_sections() {
    return {{"route", "`[[routes]]`", "Who serves a model", rows_of<Route>(k_route_keys)},
            target_section(),
            shadow_section()};
}

}  // namespace bellwether::config
