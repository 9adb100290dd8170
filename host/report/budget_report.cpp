#include "report/budget_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/share.hpp"
#include "calendar/window.hpp"
#include "ledger/amount.hpp"
#include "report/moment.hpp"

namespace bellwether::report {
namespace {

using ledger::add_clamped;

// Whether the window is the present one. Calls in flight may still hold an earlier window, which is
// no part of the report.
bool is_open(const calendar::Window& window, std::int64_t now_us) {
    return window.end == 0 || now_us / k_us_per_second < window.end;
}

bool fuller(const CounterState& left, const CounterState& right) {
    const auto taken = [](const CounterState& counter) {
        return add_clamped(counter.used, counter.held);
    };
    return std::tuple(-taken(left), std::string_view(left.value)) <
           std::tuple(-taken(right), std::string_view(right.value));
}

RuleState state_of(std::string_view rule, ledger::Measure measure,
                   std::span<const ledger::StoredCounter> counters, std::int64_t now_us) {
    RuleState state;
    for (const ledger::StoredCounter& counter : counters) {
        if (counter.name.rule != rule || counter.measure != measure) continue;
        if (!is_open(counter.window, now_us)) continue;
        state.used = add_clamped(state.used, counter.used);
        state.held = add_clamped(state.held, counter.held);
        state.fullest.push_back(
            {.value = counter.name.value, .used = counter.used, .held = counter.held});
    }
    state.counters = state.fullest.size();
    const auto kept = std::min(state.fullest.size(), k_top_counters);
    std::ranges::partial_sort(state.fullest,
                              state.fullest.begin() + static_cast<std::ptrdiff_t>(kept), fuller);
    state.fullest.resize(kept);
    return state;
}

std::int64_t debt_of(const config::Budget& budget, std::span<const ledger::StoredCounter> counters,
                     std::int64_t now_us) {
    std::int64_t debt = 0;
    for (const ledger::StoredCounter& counter : counters) {
        if (counter.name.rule != budget.name || !is_open(counter.window, now_us)) continue;
        debt = add_clamped(debt, ledger::at_least_zero(counter.used - budget.limit));
    }
    return debt;
}

bool is_budget(const config::Config& config, std::string_view name) {
    return std::ranges::find(config.budgets, name, &config::Budget::name) != config.budgets.end();
}

bool is_capped_limit(const config::Config& config, std::string_view name) {
    return std::ranges::any_of(config.limits, [name](const config::Limit& limit) {
        return limit.name == name && limit.concurrent > 0;
    });
}

std::string unknown_budget(const config::Config& config, std::string_view name) {
    std::string known;
    for (const config::Budget& budget : config.budgets) {
        known.append(known.empty() ? "" : ", ").append(budget.name);
    }
    return known.empty()
               ? fmt::format("there is no budget \"{}\": the configuration has none", name)
               : fmt::format("there is no budget \"{}\"; there are {}", name, known);
}

}  // namespace

std::expected<BudgetQuestion, std::string> parse_budget(const config::Config& config,
                                                        std::string name) {
    const bool known = name.empty() || is_budget(config, name) || is_capped_limit(config, name);
    if (!known) return std::unexpected(unknown_budget(config, name));
    return BudgetQuestion{.name = std::move(name)};
}

std::expected<BudgetQuestion, std::string> parse_budget_reset(const config::Config& config,
                                                              std::string name) {
    if (!is_budget(config, name)) return std::unexpected(unknown_budget(config, name));
    return BudgetQuestion{.name = std::move(name)};
}

BudgetReport budget_report(const config::Config& config,
                           std::span<const ledger::StoredCounter> counters, std::int64_t now_us,
                           const BudgetQuestion& question) {
    const auto asked_for = [&question](const std::string& name) {
        return question.name.empty() || question.name == name;
    };
    BudgetReport report;
    for (const config::Budget& budget : config.budgets) {
        if (!asked_for(budget.name)) continue;
        const auto zone = calendar::Zone::find(budget.period.zone).value_or(calendar::Zone());
        const auto window = calendar::window_at(budget.period, zone, now_us / k_us_per_second);
        report.budgets.push_back(
            {.budget = &budget,
             .window = {.start = window.start, .end = window.end},
             .zone = zone,
             .state = state_of(budget.name, ledger::Measure::budget, counters, now_us),
             .debt = debt_of(budget, counters, now_us)});
    }
    for (const config::Limit& limit : config.limits) {
        if (limit.concurrent <= 0 || !asked_for(limit.name)) continue;
        auto state =
            state_of(limit.name + "/concurrent", ledger::Measure::concurrency, counters, now_us);
        report.limits.push_back({.limit = &limit, .state = std::move(state)});
    }
    return report;
}

std::int64_t left_of(std::int64_t limit, const RuleState& state) {
    if (state.fullest.empty()) return limit;
    const CounterState& fullest = state.fullest.front();
    return ledger::clamped(ledger::Wide{limit} - fullest.used - fullest.held);
}

std::int64_t share_of(std::int64_t limit, const CounterState& counter) {
    const ledger::Wide taken = ledger::Wide{counter.used} + counter.held;
    if (limit <= 0) return taken > 0 ? k_whole_share : 0;
    return ledger::clamped(taken * k_whole_share / limit);
}

}  // namespace bellwether::report
