// How the budgets and limits stand, for who asks all the time, as a scraper does. A ledger that
// takes long to read is read the more seldom: no more than a hundredth of the time goes into it.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "report/budget_report.hpp"

namespace bw::report {

// On one thread, for which the store's reports may be waited for.
class BudgetWatch {
  public:
    using Clock = bw::Clock;

    // Both must outlive it.
    BudgetWatch(const config::Config& config, ledger::Store& store)
        : config_(config), store_(store) {}

    // The last report, or a new one if it is time. Null: the ledger could not be read.
    const BudgetReport* report();

  private:
    const config::Config& config_;
    ledger::Store& store_;
    Clock::time_point read_again_{};
    std::optional<BudgetReport> last_;
};

}  // namespace bw::report
