#include "report/budget_watch.hpp"

#include <utility>

#include "ledger/clock.hpp"

namespace bellwether::report {
namespace {

constexpr int k_share_of_time = 100;

}  // namespace

const BudgetReport* BudgetWatch::report() {
    const auto began = Clock::now();
    if (began < read_again_) return last_ ? &*last_ : nullptr;
    auto counters = store_.counters();
    read_again_ = Clock::now() + k_share_of_time * (Clock::now() - began);
    last_.reset();
    if (counters) last_ = budget_report(config_, *counters, ledger::system_time_us());
    return last_ ? &*last_ : nullptr;
}

}  // namespace bellwether::report
