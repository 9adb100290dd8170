#include "policy/upstreams/live_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "config/pattern.hpp"

namespace bellwether::policy {
namespace {

// The models of a provider whose upstream was asked for them; null: they are not known.
const std::vector<std::string>* list_of(const ProviderCheck& check) {
    return check.models && check.models->asked ? &check.models->ids : nullptr;
}

bool has(const std::vector<std::string>& ids, std::string_view pattern) {
    if (!config::is_glob(pattern)) return std::ranges::binary_search(ids, pattern);
    return std::ranges::any_of(
        ids, [&](const std::string& id) { return config::glob_match(pattern, id); });
}

std::string hint(std::string_view name, const std::vector<std::string>& ids) {
    const auto near = nearest(name, ids);
    return near ? fmt::format("; did you mean \"{}\"?", *near) : std::string();
}

class Judge {
  public:
    Judge(const config::Config& config, const std::vector<ProviderCheck>& checks)
        : config_(config), checks_(checks) {}

    std::vector<LiveFinding> judge() {
        for (const auto& route : config_.routes) {
            if (route.alias.empty()) {
                config::for_each_target(route,
                                        [&](const auto& target) { judge_target(route, target); });
                if (route.shadow) judge_target(route, route.shadow->to);
            } else {
                judge_alias(route);
            }
        }
        for (const auto& price : config_.prices) judge_price(price);
        return std::move(findings_);
    }

  private:
    void judge_target(const config::Route& route, const config::Target& target) {
        const auto& check = checks_[target.provider];
        const auto* ids = list_of(check);
        const std::string_view name = config::model_at(target, route.model);
        if (ids == nullptr || has(*ids, name)) return;
        const bool pattern = config::is_glob(name);
        add(true, target.at,
            fmt::format("route \"{}\": provider \"{}\" has no model {}\"{}\"{}", route.model,
                        check.provider, pattern ? "that matches " : "", name,
                        pattern ? std::string() : hint(name, *ids)));
    }

    // Checks an alias that ends at a route with a glob. Only the alias gives the whole name of the
    // model there, so judge_target() could not check it.
    void judge_alias(const config::Route& alias) {
        const config::Route* route = &alias;
        std::string_view name;
        for (std::size_t i = 0; i <= config_.routes.size() && route != nullptr; ++i) {
            if (route->alias.empty()) break;
            name = route->alias;
            route = config::best_match(config_.routes, name);
        }
        if (route == nullptr || !route->alias.empty() || !config::is_glob(route->model)) return;
        const auto judge = [&](const config::Target& target) {
            if (target.model.empty()) judge_alias_at(alias, target, config::model_at(target, name));
        };
        config::for_each_target(*route, judge);
        if (route->shadow) judge(route->shadow->to);
    }

    void judge_alias_at(const config::Route& alias, const config::Target& target,
                        std::string_view name) {
        const auto& check = checks_[target.provider];
        const auto* ids = list_of(check);
        if (ids == nullptr || has(*ids, name)) return;
        add(true, alias.alias_at,
            fmt::format("alias \"{}\": provider \"{}\" has no model \"{}\"{}", alias.model,
                        check.provider, name, hint(name, *ids)));
    }

    void judge_price(const config::Price& price) {
        for (const auto& check : checks_) {
            const auto* ids = list_of(check);
            if (check.provider != price.provider || ids == nullptr || has(*ids, price.model))
                continue;
            add(false, price.at,
                fmt::format("there is a price for \"{}\", which provider \"{}\" does not have",
                            price.model, check.provider));
        }
    }

    void add(bool broken, config::Position at, std::string message) {
        findings_.push_back({broken, config_.place_of(at), std::move(message)});
    }

    const config::Config& config_;
    const std::vector<ProviderCheck>& checks_;
    std::vector<LiveFinding> findings_;
};

}  // namespace

std::vector<LiveFinding> judge_lists(const config::Config& config,
                                     const std::vector<ProviderCheck>& checks) {
    return Judge(config, checks).judge();
}

}  // namespace bellwether::policy
