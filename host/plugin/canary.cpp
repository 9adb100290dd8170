#include "plugin/canary.hpp"

#include <utility>

#include "base/share.hpp"

namespace bellwether::plugin {
namespace {

// Points: hundredths of what ended.
double failed_points(const VersionCount& count) {
    const std::uint64_t all = count.all();
    return all == 0 ? 0 : 100.0 * static_cast<double>(count.failed()) / static_cast<double>(all);
}

}  // namespace

CanaryRecord::CanaryRecord(CanaryTerms terms, std::string version, std::string sha256)
    : terms_(terms),
      version_(std::move(version)),
      sha256_(std::move(sha256)),
      until_(Clock::now() + terms.time) {}

bool CanaryRecord::takes_next() {
    if (const auto is = state(); is != CanaryState::running) return is == CanaryState::passed;
    const auto share = static_cast<std::uint64_t>(terms_.share);
    constexpr std::uint64_t k_whole = k_whole_share;
    const std::uint64_t turn = turns_.fetch_add(1, std::memory_order_relaxed) % k_whole;
    return (turn + 1) * share / k_whole != turn * share / k_whole;
}

// A few failures out of fewer attempts say little: then, at the end of the time, most of them must
// have failed.
CanaryState CanaryRecord::judge(Clock::time_point now) const {
    constexpr double k_margin = 5;
    constexpr double k_most = 50;
    const bool many = of_new.all() >= k_attempts_min;
    const double more = failed_points(of_new) - failed_points(of_old);
    if (many && more > k_margin) return CanaryState::went_back;
    if (now < until_) return CanaryState::running;
    return !many && more > 0 && failed_points(of_new) > k_most ? CanaryState::went_back
                                                               : CanaryState::passed;
}

}  // namespace bellwether::plugin
