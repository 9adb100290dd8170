// The state of budgets and limits: the rules of the configuration joined with the counters of the
// ledger, as a question asks for them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/zone.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::observe {
class PrometheusText;
}  // namespace bellwether::observe

namespace bellwether::report {

struct BudgetQuestion {
    std::string name = {};  // of a budget, or of a limit on calls at once; empty: all of them
};

// The error is the message for a name that the configuration does not have.
std::expected<BudgetQuestion, std::string> parse_budget(const config::Config& config,
                                                        std::string name);
// The same for a reset. Only a budget can be reset, not a limit.
std::expected<BudgetQuestion, std::string> parse_budget_reset(const config::Config& config,
                                                              std::string name);

// One counter of a rule. `value` is the key, user and so on that it counts for; empty if the rule
// has a single counter.
struct CounterState {
    std::string value;
    std::int64_t used = 0;
    std::int64_t held = 0;
};

inline constexpr std::size_t k_top_counters = 5;

struct RuleState {
    std::int64_t used = 0;              // of all counters together, as `held` is
    std::int64_t held = 0;              // by calls in flight
    std::size_t counters = 0;           // how many were used in the present window
    std::vector<CounterState> fullest;  // at most k_top_counters, the fullest first
};

struct BudgetState {
    const config::Budget* budget = nullptr;
    calendar::Window window;  // the one that is open now
    calendar::Zone zone;      // in which its times are shown
    RuleState state;
    std::int64_t debt = 0;  // the sum of what its counters have used beyond the limit
};

// The state of a limit's cap on calls at once. The state of its rates means nothing to people.
struct LimitState {
    const config::Limit* limit = nullptr;
    RuleState state;
};

struct BudgetReport {
    std::vector<BudgetState> budgets;  // in the order of the configuration
    std::vector<LimitState> limits;    // those that have a cap on calls at once
};

// The result of a reset.
struct BudgetReset {
    std::string name;
    std::size_t counters = 0;  // that were set to 0
};

// `config` must outlive the report.
BudgetReport budget_report(const config::Config& config,
                           std::span<const ledger::StoredCounter> counters, std::int64_t now_us,
                           const BudgetQuestion& question = {});

// What the admin page answers and the command line prints.
std::string to_json(const BudgetReport& report, const config::Config& config);
std::string to_json(const BudgetReset& reset);
// Writes the report as metrics.
void write_gauges(observe::PrometheusText& text, const BudgetReport& report);

// What the fullest counter has left for another call; negative if used and held exceed its limit.
std::int64_t left_of(std::int64_t limit, const RuleState& state);
// How full a counter is: used and held of its limit, in hundredths of a percent.
std::int64_t share_of(std::int64_t limit, const CounterState& counter);

}  // namespace bellwether::report
