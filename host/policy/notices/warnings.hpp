// Warns, in the log and through the budget's webhook, that a budget has reached a share of its
// limit, or that a budget which does not refuse is exceeded: once for each share, counter and
// window. One object serves all workers of one configuration, from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"
#include "policy/limits/rules.hpp"
#include "policy/notices/webhooks.hpp"

namespace bellwether::policy {

class Warnings {
  public:
    // The configuration must outlive it. `before`: those of the configuration before, whose
    // warnings are not repeated and whose counts go on; null: there was none.
    explicit Warnings(const config::Config& config, const Warnings* before = nullptr);

    // Warns if there is something new to say. `standing` is how the counter of a claim stands that
    // was just counted. Cheap as long as nothing is reached.
    void look(const Asked& asked, const ledger::Standing& standing, WebhookPosts& posts);
    // How many warnings there were of a budget; `budget` is its index in Config::budgets.
    std::uint64_t counted(std::size_t budget) const { return counted_[budget]->load(); }

  private:
    struct Said {
        std::int64_t window_start = 0;
        int share = 0;  // the largest warned of, in hundredths of a percent
    };

    // What was warned of, under all configurations so far.
    class Memory {
      public:
        bool is_new(const ledger::CounterName& counter, std::int64_t window_start, int share);
        // How many warnings there were of a budget of that name.
        std::shared_ptr<std::atomic<std::uint64_t>> count_of(const std::string& budget);

      private:
        Mutex mutex_;
        std::map<std::string, std::shared_ptr<std::atomic<std::uint64_t>>> counted_
            GUARDED_BY(mutex_);
        std::unordered_map<std::string, Said> said_ GUARDED_BY(mutex_);  // by counter
    };

    const config::Config& config_;
    std::vector<std::shared_ptr<std::atomic<std::uint64_t>>> counted_;  // by budget
    std::shared_ptr<Memory> memory_;
};

// One warning: what a budget has come to.
struct Warning {
    const Rule* rule;
    const std::string& value;  // of the budget's counter; empty: it has only one
    int share;                 // reached, in hundredths of a percent; above k_whole_share: exceeded
    const ledger::Standing& standing;
    std::int64_t now_us;
};

// "the budget "all" has come to 80 %: 8000 of 10000 tokens are used or held"
std::string warning_text(const Warning& warning);
// What a webhook is told; docs/webhooks.md describes it.
std::string warning_json(const Warning& warning);

}  // namespace bellwether::policy
