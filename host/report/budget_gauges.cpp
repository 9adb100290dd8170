#include "base/share.hpp"
#include "observe/prometheus.hpp"
#include "report/budget_report.hpp"

namespace bellwether::report {
namespace {

using observe::PrometheusText;

double fullest(std::int64_t limit, const RuleState& state) {
    if (state.fullest.empty()) return 0;
    return static_cast<double>(share_of(limit, state.fullest.front())) / k_whole_share;
}

// Writes one gauge, with a sample for each budget.
template <typename Value>
void write_budgets(PrometheusText& text, const BudgetReport& report, const char* name,
                   const char* help, const Value& value) {
    text.metric(name, "gauge", help);
    for (const BudgetState& state : report.budgets) {
        const bool money = state.budget->unit == config::BudgetUnit::micro_usd;
        text.sample({{"budget", state.budget->name}, {"unit", money ? "micro_usd" : "tokens"}},
                    value(state));
    }
}

template <typename Value>
void write_limits(PrometheusText& text, const BudgetReport& report, const char* name,
                  const char* help, const Value& value) {
    text.metric(name, "gauge", help);
    for (const LimitState& state : report.limits) {
        text.sample({{"limit", state.limit->name}}, value(state));
    }
}

}  // namespace

void write_gauges(PrometheusText& text, const BudgetReport& report) {
    write_budgets(text, report, "bellwether_budget_limit",
                  "What a counter of the budget may come to.",
                  [](const BudgetState& state) { return state.budget->limit; });
    write_budgets(text, report, "bellwether_budget_used",
                  "What was used in the present window, of all counters of the budget together.",
                  [](const BudgetState& state) { return state.state.used; });
    write_budgets(text, report, "bellwether_budget_held",
                  "What is held for calls in flight, of all counters of the budget together.",
                  [](const BudgetState& state) { return state.state.held; });
    write_budgets(
        text, report, "bellwether_budget_fullest_ratio",
        "Used and held of the budget's fullest counter, as a share of its limit.",
        [](const BudgetState& state) { return fullest(state.budget->limit, state.state); });
    write_budgets(text, report, "bellwether_budget_counters",
                  "How many counters of the budget were used in the present window.",
                  [](const BudgetState& state) { return std::uint64_t{state.state.counters}; });
    write_budgets(text, report, "bellwether_budget_resets_timestamp_seconds",
                  "When the present window ends, Unix time; 0: never.",
                  [](const BudgetState& state) { return state.window.end; });
    write_limits(text, report, "bellwether_limit_concurrent",
                 "How many calls at once a counter of the limit allows.",
                 [](const LimitState& state) { return state.limit->concurrent; });
    write_limits(text, report, "bellwether_limit_concurrent_held",
                 "Calls at once, of all counters of the limit together.",
                 [](const LimitState& state) { return state.state.held; });
}

}  // namespace bellwether::report
