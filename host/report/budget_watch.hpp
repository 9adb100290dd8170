// Keeps the state of budgets and limits for callers that ask often, such as a metrics scraper. A
// slow ledger is read less often, so that reading takes at most a hundredth of the time.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "report/budget_report.hpp"

namespace bellwether::report {

// For one thread, the admin listener's, which may block while the store is read.
class BudgetWatch {
  public:
    using Clock = bellwether::Clock;

    // `config` and `store` must outlive the watch.
    BudgetWatch(const config::Config& config, ledger::Store& store)
        : config_(config), store_(store) {}

    // The last report, or a new one if that is due. Null: the ledger could not be read. Valid until
    // the next call.
    const BudgetReport* report();

  private:
    const config::Config& config_;
    ledger::Store& store_;
    Clock::time_point read_again_{};
    std::optional<BudgetReport> last_;
};

}  // namespace bellwether::report
