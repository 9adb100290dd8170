#include "route/content_times.hpp"

#include <algorithm>
#include <bit>

namespace bellwether::route {

using std::chrono::nanoseconds;

void ContentTimes::add(nanoseconds time) {
    const std::int64_t ns = std::max<std::int64_t>(time.count(), 1);
    std::int64_t before = mean_ns_.load(std::memory_order_relaxed);
    std::int64_t after = 0;
    do {
        // A newer time counts for a fifth.
        after = before == 0 ? ns : std::max<std::int64_t>(before + (ns - before) / 5, 1);
    } while (!mean_ns_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    buckets_[bucket_of(time)].fetch_add(1, std::memory_order_relaxed);
    const auto added = added_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (added % k_halved_after == 0) halve();
}

std::optional<nanoseconds> ContentTimes::mean() const {
    const std::int64_t ns = mean_ns_.load(std::memory_order_relaxed);
    return ns == 0 ? std::nullopt : std::optional(nanoseconds(ns));
}

std::optional<nanoseconds> ContentTimes::percentile(unsigned percent) const {
    std::array<std::uint32_t, k_buckets> counts{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < k_buckets; ++i) {
        total += counts[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    if (total < k_measured_min) return std::nullopt;
    const std::uint64_t wanted = std::max<std::uint64_t>((total * percent + 99) / 100, 1);
    std::size_t bucket = 0;
    for (std::uint64_t sum = counts[0]; sum < wanted && bucket + 1 < k_buckets;) {
        sum += counts[++bucket];
    }
    return upper_bound_of(bucket);
}

// The bits above the highest one choose the doubling, the two bits below it one of its quarters.
std::size_t ContentTimes::bucket_of(nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    if (ns >> k_low_bits == 0) return 0;
    const int doubling = static_cast<int>(std::bit_width(ns)) - 1;
    if (doubling >= k_high_bits) return k_buckets - 1;
    const auto quarter = static_cast<std::size_t>((ns >> (doubling - 2)) & 3);
    return 4 * static_cast<std::size_t>(doubling - k_low_bits) + quarter;
}

nanoseconds ContentTimes::upper_bound_of(std::size_t bucket) {
    const auto quarters = static_cast<std::int64_t>(bucket % 4) + 5;
    return nanoseconds(quarters << (static_cast<int>(bucket / 4) + k_low_bits - 2));
}

// Takes away a part, instead of storing one, so that what others add meanwhile stays.
void ContentTimes::halve() {
    for (auto& bucket : buckets_) {
        const auto count = bucket.load(std::memory_order_relaxed);
        bucket.fetch_sub(count / 2, std::memory_order_relaxed);
    }
}

}  // namespace bellwether::route
