#include "plugin/canary.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/share.hpp"

namespace bellwether::plugin {
namespace {

// How many of a version's attempts ended in one way.
struct EndedSo {
    std::uint64_t so = 0;
    std::uint64_t all = 0;
};

// Points: hundredths of what ended.
double points(const EndedSo& ended) {
    if (ended.all == 0) return 0;
    return 100.0 * static_cast<double>(ended.so) / static_cast<double>(ended.all);
}

// What was refused says nothing of failures.
EndedSo failures(const VersionCount& count) {
    const std::uint64_t failed = count.of(VersionEnd::failed);
    return {.so = failed, .all = failed + count.of(VersionEnd::ok)};
}

EndedSo refusals(const VersionCount& count) {
    return {.so = count.of(VersionEnd::refused), .all = count.all()};
}

// How far the shares of both come apart by chance, now and then: three standard errors.
double chance(const EndedSo& one, const EndedSo& other) {
    if (one.all == 0 || other.all == 0) return 0;
    const double both = points({one.so + other.so, one.all + other.all});
    return 3 * std::sqrt(both * (100 - both) *
                         (1 / static_cast<double>(one.all) + 1 / static_cast<double>(other.all)));
}

// A few failures out of fewer attempts say little: then, at the end of the time, most of them must
// have failed.
bool is_worse(const EndedSo& now, const EndedSo& old, double margin, bool is_over) {
    constexpr double k_most = 50;
    const double more = points(now) - points(old);
    if (now.all >= CanaryRecord::k_attempts_min) return more > margin;
    return is_over && more > 0 && points(now) > k_most;
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

// Refusals depend on what clients ask, and some ask for much that is refused. So there the
// difference must be more than chance, too.
CanaryState CanaryRecord::judge(Clock::time_point now) const {
    constexpr double k_margin = 5;
    const bool is_over = now >= until_;
    const EndedSo refused = refusals(of_new);
    const EndedSo refused_before = refusals(of_old);
    if (is_worse(failures(of_new), failures(of_old), k_margin, is_over) ||
        is_worse(refused, refused_before, std::max(k_margin, chance(refused, refused_before)),
                 is_over)) {
        return CanaryState::went_back;
    }
    return is_over ? CanaryState::passed : CanaryState::running;
}

}  // namespace bellwether::plugin
