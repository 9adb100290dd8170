#include "observe/histogram.hpp"

#include <algorithm>

namespace bellwether::observe {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr microseconds k_duration[] = {10ms,   20ms,   40ms,   80ms,    160ms,   320ms,   640ms,
                                       1280ms, 2560ms, 5120ms, 10240ms, 20480ms, 40960ms, 81920ms};
constexpr microseconds k_first_token[] = {1ms,    5ms,   10ms,  20ms,  40ms, 60ms,   80ms,
                                          100ms,  250ms, 500ms, 750ms, 1s,   2500ms, 5s,
                                          7500ms, 10s,   15s,   30s,   60s};
constexpr microseconds k_between_token[] = {1ms,   5ms,   10ms,   25ms,  50ms,  75ms,
                                            100ms, 150ms, 200ms,  300ms, 400ms, 500ms,
                                            750ms, 1s,    2500ms, 5s,    10s};
constexpr microseconds k_overhead[] = {25us, 50us, 100us, 250us, 500us, 1ms,   2500us,
                                       5ms,  10ms, 25ms,  50ms,  100ms, 250ms, 1s};

static_assert(std::size(k_first_token) <= k_bounds_max);
static_assert(std::size(k_between_token) <= k_bounds_max);

}  // namespace

const Bounds k_duration_bounds = k_duration;
const Bounds k_first_token_bounds = k_first_token;
const Bounds k_between_token_bounds = k_between_token;
const Bounds k_overhead_bounds = k_overhead;

void Histogram::record(nanoseconds duration) {
    duration = std::max(duration, nanoseconds(0));
    const auto bound = std::ranges::lower_bound(bounds_, duration);
    buckets_[static_cast<std::size_t>(bound - bounds_.begin())].add();
    sum_us_.add(static_cast<std::uint64_t>(std::chrono::round<microseconds>(duration).count()));
}

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i <= bounds_.size(); ++i) buckets_[i].add(other.bucket(i));
    sum_us_.add(other.sum_us_.value());
}

std::uint64_t Histogram::count() const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) total += bucket(i);
    return total;
}

microseconds Histogram::sum() const {
    return microseconds(static_cast<std::int64_t>(sum_us_.value()));
}

}  // namespace bellwether::observe
