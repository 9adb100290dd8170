#include "config/idle_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bellwether::config {
namespace {

void warn(const Route& route, std::string_view key, std::string_view why, std::string hint,
          Report& report) {
    report.warning(
        route.at,
        fmt::format("{} of the route {} has no effect: {}", key, in_quotes(route.model), why), {},
        std::move(hint));
}

void check_hedge(const Config& config, const Route& route, Report& report) {
    const auto is_tried_once = [](const Target& target) { return target.retry.attempts == 1; };
    if (route.to.size() == 1) {
        warn(route, "hedge", "there is no second target", "name one in to", report);
    } else if (std::ranges::all_of(route.to, is_tried_once)) {
        warn(route, "hedge", "attempts = 1 leaves no try for it", "allow 2 attempts", report);
    } else if (config.retry_budget.percent == 0 && config.retry_budget.per_second == 0) {
        warn(route, "hedge", "the retry budget is 0",
             "raise retry.budget_percent or retry.budget_floor", report);
    }
}

void check_cheapest(const Config& config, const Route& route, Report& report) {
    const auto has_price = [&config](const Target& target) {
        return std::ranges::find(config.prices, config.providers[target.provider].name,
                                 &Price::provider) != config.prices.end();
    };
    if (std::ranges::find(route.strategies, Strategy::cheapest) == route.strategies.end() ||
        std::ranges::any_of(route.to, has_price)) {
        return;
    }
    warn(route, R"(strategy = "cheapest")", "no target has a price",
         "give them prices: [[prices]] or price_files", report);
}

}  // namespace

void check_idle_keys(const Config& config, Report& report) {
    if (report.has_error()) return;
    for (const Route& route : config.routes) {
        if (route.to.empty()) continue;
        if (route.hedge) check_hedge(config, route, report);
        check_cheapest(config, route, report);
        if (!route.on_budget.empty() && config.budgets.empty()) {
            warn(route, "on_budget", "there are no budgets", "add [[budgets]]", report);
        }
    }
}

}  // namespace bellwether::config
