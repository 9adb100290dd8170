#include "policy/notices/warnings.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/share.hpp"
#include "ledger/amount.hpp"
#include "observe/log.hpp"

namespace bellwether::policy {
namespace {

// The most counters for which warnings are remembered. Users come and go, so at this number all is
// forgotten before it takes much memory.
constexpr std::size_t k_counters_max = 100'000;

using ledger::Wide;

// True if `part` is at least `share` of `whole`; `share` is in hundredths of a percent.
bool reaches(Wide part, std::int64_t whole, int share) {
    return part * k_whole_share >= Wide(whole) * share;
}

// The largest share of `warn_at` that is reached; k_whole_share + 1 if a budget that does not
// refuse is beyond its limit; 0: none.
int reached(const config::Budget& budget, const ledger::Standing& standing) {
    if (budget.mode != config::BudgetMode::hard && standing.left < 0) return k_whole_share + 1;
    const Wide taken = Wide(standing.used) + standing.held;
    for (auto share = budget.warn_at.rbegin(); share != budget.warn_at.rend(); ++share) {
        if (reaches(taken, budget.limit, *share)) return *share;
    }
    return 0;
}

std::int64_t now_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(Clock::wall().time_since_epoch()).count();
}

}  // namespace

Warnings::Warnings(const config::Config& config, const Warnings* before)
    : config_(config), memory_(before == nullptr ? std::make_shared<Memory>() : before->memory_) {
    for (const auto& budget : config.budgets) counted_.push_back(memory_->count_of(budget.name));
}

std::shared_ptr<std::atomic<std::uint64_t>> Warnings::Memory::count_of(const std::string& budget) {
    const Lock lock(mutex_);
    auto& count = counted_[budget];
    if (!count) count = std::make_shared<std::atomic<std::uint64_t>>(0);
    return count;
}

void Warnings::look(const Asked& asked, const ledger::Standing& standing, WebhookPosts& posts) {
    if (asked.rule->budget == nullptr) return;
    const config::Budget& budget = *asked.rule->budget;
    const int share = reached(budget, standing);
    if (share == 0 || !memory_->is_new(asked.claim.counter, standing.window.start, share)) return;
    counted_[static_cast<std::size_t>(&budget - config_.budgets.data())]->fetch_add(1);
    const Warning warning{asked.rule, asked.claim.counter.value, share, standing, now_us()};
    observe::warn("{}", warning_text(warning));
    if (budget.webhook) posts.post(*budget.webhook, warning_json(warning));
}

bool Warnings::Memory::is_new(const ledger::CounterName& counter, std::int64_t window_start,
                              int share) {
    const Lock lock(mutex_);
    if (said_.size() >= k_counters_max) said_.clear();
    Said& said = said_[counter.rule + '\n' + counter.value];
    if (said.window_start != window_start) said = {window_start, 0};
    if (said.share >= share) return false;
    said.share = share;
    return true;
}

}  // namespace bellwether::policy
