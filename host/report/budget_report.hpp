// How the budgets and limits of a configuration stand: their rules joined with a ledger's counters,
// as a question asks for them. Pure.
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

namespace bw::observe {
class PrometheusText;
}  // namespace bw::observe

namespace bw::report {

struct BudgetQuestion {
    std::string name = {};  // of a budget, or of a limit on calls at once; empty: all of them
};

// The error says what to say where the configuration has no such name.
std::expected<BudgetQuestion, std::string> parse_budget(const config::Config& config,
                                                        std::string name);
// The question is to begin a budget anew: nothing else can be.
std::expected<BudgetQuestion, std::string> parse_budget_reset(const config::Config& config,
                                                              std::string name);

// One counter of a rule. `value`: whom it is for; empty where the rule has a single one.
struct CounterState {
    std::string value;
    std::int64_t used = 0;
    std::int64_t held = 0;
};

inline constexpr std::size_t k_top_counters = 5;

struct RuleState {
    std::int64_t used = 0;              // of all its counters together, as is `held`
    std::int64_t held = 0;              // by calls in flight
    std::size_t counters = 0;           // how many have been used in the window
    std::vector<CounterState> fullest;  // at most k_top_counters, the fullest first
};

struct BudgetState {
    const config::Budget* budget = nullptr;
    calendar::Window window;  // the one that is open now
    calendar::Zone zone;      // in which it is told
    RuleState state;
    std::int64_t debt = 0;  // by how much its counters were used beyond the limit
};

// Of its cap on calls at once: the rest of a limit has no state that means something to people.
struct LimitState {
    const config::Limit* limit = nullptr;
    RuleState state;
};

struct BudgetReport {
    std::vector<BudgetState> budgets;  // in the order of the configuration
    std::vector<LimitState> limits;    // those that have a cap on calls at once
};

// What came of a question to begin anew.
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
// The same among the metrics.
void write_gauges(observe::PrometheusText& text, const BudgetReport& report);

// What another call may claim of the fullest counter; below 0: debt.
std::int64_t left_of(std::int64_t limit, const RuleState& state);
// How full a counter is: used and held of its limit, in hundredths of a percent.
std::int64_t share_of(std::int64_t limit, const CounterState& counter);

}  // namespace bw::report
