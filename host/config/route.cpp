// [[routes]].
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

constexpr Whole k_weight{0, 1'000'000};

constexpr KeyOf<Target> k_target_keys[] = {
    key<Target>("provider", k_text, "its name", nullptr, nullptr, k_required),
    key<Target>("model", k_text, "what the provider calls the model", nullptr, nullptr,
                "the name that the client used, aliases followed"),
    key<&Target::weight>("weight", k_weight,
                         "the share of calls, if weighted; 0: only as a fallback"),
};

constexpr KeyOf<Route> k_route_keys[] = {
    key<Route>("model", k_text,
               "an exact name, or a pattern: `*` any run of characters, also none; `?` one "
               "character",
               nullptr, nullptr, k_required),
    key<Route>("strategy", Choice{k_names<Strategy>}, "how the first of `to` is chosen", nullptr,
               nullptr, "`ordered`"),
    key<Route>("alias", k_text, "serve this name instead", nullptr, nullptr, "none"),
    key<Route>(
        "to",
        Worded{"string or array",
               R"("anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": )"
               R"([{"type": "string"}, {"$ref": "#/definitions/target"}]}}])"},
        "a provider's name; or several, each a name or a table `{ provider, model, weight }`",
        nullptr, nullptr, "none"),
    on_disconnect_key<Route>("that of `[server]`"),
};

class RouteReader {
  public:
    RouteReader(Section& section, std::span<const Provider> providers, Route& route)
        : section_(section), providers_(providers), route_(route) {}

    void read() {
        route_.at = section_.at();
        read_keys<Route>(section_, k_route_keys, route_);
        if (auto model = section_.text("model", k_model_bytes_max)) {
            route_.model = std::move(model->value);
            route_.model_at = model->at;
        } else if (!section_.has("model")) {
            section_.report().absent(route_.at, {"model"}, "a route has no model",
                                     "model = \"NAME\" or a pattern such as \"qwen-*\"");
        }
        const auto strategy = section_.choice("strategy", k_names<Strategy>);
        if (strategy) route_.strategies = {static_cast<Strategy>(*strategy)};
        known_strategy_ = strategy.has_value();
        read_alias();
        read_targets();
        section_.finish();
        check_alternatives();
        check_weights();
        check_repetition();
    }

  private:
    void read_alias() {
        auto alias = section_.text("alias", k_model_bytes_max);
        if (!alias) return;
        if (is_glob(alias->value)) {
            return error(alias->at,
                         fmt::format("routes.alias = {} is a pattern", in_quotes(alias->value)),
                         "the name of one model");
        }
        route_.alias = std::move(alias->value);
        route_.alias_at = alias->at;
    }

    void read_targets() {
        const toml::node* node = section_.find("to");
        if (node == nullptr) return;
        if (const auto* provider = node->as_string()) {
            return add_target({provider->get(), position_of(*node)});
        }
        const auto* array = node->as_array();
        if (array == nullptr) {
            return section_.wrong_type("routes.to", *node,
                                       "a provider's name, or an array of names or tables");
        }
        if (array->empty())
            error(position_of(*node), "routes.to is empty", "at least one provider");
        for (const auto& element : *array) read_target(element);
    }

    void read_target(const toml::node& element) {
        if (const auto* provider = element.as_string()) {
            return add_target({provider->get(), position_of(element)});
        }
        const auto* table = element.as_table();
        if (table == nullptr) {
            return section_.wrong_type("an element of routes.to", element,
                                       "a provider's name or a table { provider, model, weight }");
        }
        Section section(*table, "routes.to", section_.report(), section_.around());
        read_target_table(section);
        section.finish();
    }

    void read_target_table(Section& section) {
        Target target;
        target.at = section.at();
        read_keys<Target>(section, k_target_keys, target);
        const auto provider = section.text("provider");
        if (auto model = section.text("model")) {
            if (is_glob(model->value)) {
                error(model->at,
                      fmt::format("routes.to.model = {} is a pattern", in_quotes(model->value)),
                      "the name of one model, as the provider calls it");
            }
            target.model = std::move(model->value);
        }
        if (section.has("weight")) weight_at_ = section.key_at("weight");
        if (provider) return add_target(*provider, std::move(target));
        if (!section.has("provider")) {
            section.report().absent(section.at(), {"provider"}, "a target names no provider",
                                    "{ provider = \"NAME\" }");
        }
    }

    void add_target(const Text& provider, Target target = {}) {
        const auto found = std::ranges::find(providers_, provider.value, &Provider::name);
        if (found == providers_.end()) return unknown_provider(provider);
        target.provider = static_cast<std::size_t>(found - providers_.begin());
        target.timeouts = found->timeouts;
        target.retry = found->retry;
        if (target.at.line == 0) target.at = provider.at;
        route_.to.push_back(std::move(target));
    }

    void unknown_provider(const Text& provider) {
        if (providers_.empty()) return;  // reported already
        std::vector<std::string> names;
        for (const auto& known : providers_) names.push_back(known.name);
        section_.report().error(
            provider.at, fmt::format("unknown provider {}", in_quotes(provider.value)),
            fmt::format("one of {}", fmt::join(names, ", ")), meant_target(provider.value, names));
    }

    // Other gateways write the provider and its model as one name: "openai/gpt-4.1".
    static std::string meant_target(const std::string& text,
                                    const std::vector<std::string>& names) {
        const auto slash = text.find('/');
        if (slash == text.npos || std::ranges::find(names, text.substr(0, slash)) == names.end()) {
            return did_you_mean(text, names);
        }
        return fmt::format("did you mean {{ provider = {}, model = {} }}?",
                           in_quotes(text.substr(0, slash)), in_quotes(text.substr(slash + 1)));
    }

    void check_alternatives() {
        const bool to = section_.has("to"), alias = section_.has("alias");
        if (to && alias) error(route_.at, "a route has both to and alias", "one of the two");
        if (!to && !alias) {
            section_.report().absent(route_.at, {"to", "alias"}, "a route has neither to nor alias",
                                     "one of the two");
        }
        if (alias && !to && section_.has("strategy")) {
            section_.report().warning(section_.key_at("strategy"),
                                      "strategy has no effect on an alias");
        }
        if (alias && !to && section_.has("on_disconnect")) {
            section_.report().warning(section_.key_at("on_disconnect"),
                                      "on_disconnect has no effect on an alias");
        }
    }

    void check_weights() {
        const bool weighted = route_.strategies.front() == Strategy::weighted;
        if (!weighted && weight_at_.line != 0 && (known_strategy_ || !section_.has("strategy"))) {
            section_.report().warning(weight_at_, "weight has no effect: the route is ordered", {},
                                      "for shares write strategy = \"weighted\"");
        }
        const auto zero = [](const Target& target) { return target.weight == 0; };
        if (weighted && !route_.to.empty() && std::ranges::all_of(route_.to, zero)) {
            error(section_.key_at("to"), "all weights of a weighted route are 0",
                  "at least one above 0");
        }
    }

    void check_repetition() {
        for (auto target = route_.to.begin(); target != route_.to.end(); ++target) {
            const auto same = [&](const Target& other) {
                return other.provider == target->provider && other.model == target->model;
            };
            if (std::find_if(route_.to.begin(), target, same) == target) continue;
            section_.report().warning(target->at, "the same provider and model stand here twice");
        }
    }

    void error(Position at, std::string what, std::string expected) {
        section_.report().error(at, std::move(what), std::move(expected));
    }

    Section& section_;
    std::span<const Provider> providers_;
    Route& route_;
    Position weight_at_;  // of the last weight given
    bool known_strategy_ = false;
};

void check_duplicates(std::span<const Route> routes, Report& report) {
    std::map<std::string_view, int> lines;
    for (const auto& route : routes) {
        if (route.model.empty()) continue;
        const auto [first, added] = lines.emplace(route.model, route.model_at.line);
        if (added) continue;
        report.error(route.model_at, fmt::format("a second route for {}; the first is on line {}",
                                                 in_quotes(route.model), first->second));
    }
}

}  // namespace

void read_routes(Section& root, std::span<const Provider> providers, std::vector<Route>& routes) {
    auto sections = root.tables("routes");
    if (!sections && root.has("routes")) return;
    if (!sections || sections->empty()) {
        return root.report().absent({}, {"routes"}, "there are no routes",
                                    "at least one [[routes]]");
    }
    for (auto& section : *sections) {
        RouteReader(section, providers, routes.emplace_back()).read();
    }
    check_duplicates(routes, root.report());
}

void write_route(json::PrettyWriter& writer, const Config& config, const Route& route) {
    writer.field("model", route.model);
    if (!route.alias.empty()) {
        writer.field("alias", route.alias);
        return;
    }
    writer.field("strategy", name_of(route.strategies.front())).key("to").begin_array();
    for (const auto& target : route.to) {
        writer.begin_object().field("provider", config.providers[target.provider].name);
        if (!target.model.empty()) writer.field("model", target.model);
        write_keys<Target>(writer, k_target_keys, target);
        writer.end_object();
    }
    writer.end_array();
    if (route.on_disconnect) writer.field("on_disconnect", text_of(*route.on_disconnect));
}

std::vector<SectionFacts> route_sections() {
    return {{"route", "`[[routes]]`", "Who serves a model", rows_of<Route>(k_route_keys)},
            {"target", "`to`", "One of those who serve it", rows_of<Target>(k_target_keys)}};
}

}  // namespace bw::config
