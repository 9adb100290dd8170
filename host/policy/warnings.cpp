#include "policy/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/amount.hpp"
#include "observe/log.hpp"

namespace bw::policy {
namespace {

constexpr int k_whole = 10'000;
// Users come and go: what was said of them is forgotten before it takes much memory.
constexpr std::size_t k_counters_max = 100'000;

using ledger::Wide;

// True if `part` is at least so many hundredths of a percent of the whole.
bool reaches(Wide part, std::int64_t whole, int share) {
    return part * k_whole >= Wide(whole) * share;
}

// The largest share that was asked for and is reached; beyond the limit of a budget that does not
// refuse, one more than the whole. 0: none.
int reached(const config::Budget& budget, const ledger::Standing& standing) {
    if (budget.mode != config::BudgetMode::hard && standing.left < 0) return k_whole + 1;
    const Wide taken = Wide(standing.used) + standing.held;
    for (auto share = budget.warn_at.rbegin(); share != budget.warn_at.rend(); ++share) {
        if (reaches(taken, budget.limit, *share)) return *share;
    }
    return 0;
}

}  // namespace

void Warnings::look(const Asked& asked, const ledger::Standing& standing) {
    if (asked.rule->budget == nullptr) return;
    const config::Budget& budget = *asked.rule->budget;
    const int share = reached(budget, standing);
    if (share == 0) return;
    const std::string& value = asked.claim.counter.value;
    {
        const std::scoped_lock lock(mutex_);
        if (said_.size() >= k_counters_max) said_.clear();
        Said& said = said_[asked.claim.counter.rule + '\n' + value];
        if (said.window_start != standing.window.start) said = {standing.window.start, 0};
        if (said.share >= share) return;
        said.share = share;
    }
    const std::string whose = value.empty() ? std::string() : fmt::format(" of \"{}\"", value);
    if (share > k_whole) {
        return observe::warn("the budget \"{}\"{} is exceeded; it refuses nothing (mode = \"{}\")",
                             budget.name, whose,
                             budget.mode == config::BudgetMode::soft ? "soft" : "shadow");
    }
    observe::warn("the budget \"{}\"{} has come to {:g} %: {} of {} are used or held", budget.name,
                  whose, share / 100.0, budget.limit - standing.left, budget.limit);
}

}  // namespace bw::policy
