// How the budgets and limits of a configuration stand: their rules joined with a ledger's counters.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calendar/zone.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"

namespace bw::policy {

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
    ledger::Window window;  // the one that is open now
    calendar::Zone zone;    // in which it is told
    RuleState state;
    std::int64_t debt = 0;  // by how much its counters were used beyond the limit
};

// Of its cap on calls at once: the rest of a limit has no state that means something to people.
struct LimitState {
    const config::Limit* limit = nullptr;
    RuleState state;
};

struct BudgetReport {
    std::vector<BudgetState> budgets;  // all of the configuration, in its order
    std::vector<LimitState> limits;    // those that have a cap on calls at once
};

// `config` must outlive the report.
BudgetReport budget_report(const config::Config& config, std::span<const ledger::Counter> counters,
                           std::int64_t now_us);

// What another call may claim of the fullest counter; below 0: debt.
std::int64_t left_of(std::int64_t limit, const RuleState& state);
// How full a counter is: used and held of its limit, in hundredths of a percent.
std::int64_t share_of(std::int64_t limit, const CounterState& counter);

}  // namespace bw::policy
