// How long the first content of one target's answers took: a mean in which newer times count for
// more, and percentiles, which forget old times, too. Any thread may add and read; none waits for
// another.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bellwether::route {

class ContentTimes {
  public:
    static constexpr std::uint64_t k_measured_min = 20;    // as many times a percentile needs
    static constexpr std::uint32_t k_halved_after = 1024;  // times; then each bucket keeps half

    void add(std::chrono::nanoseconds time);

    // Nothing: never measured.
    std::optional<std::chrono::nanoseconds> mean() const;
    // A time that so many percent of the times did not exceed, at most a quarter too long; nothing:
    // fewer than k_measured_min were measured.
    std::optional<std::chrono::nanoseconds> percentile(unsigned percent) const;

  private:
    // Four buckets for each doubling, from 16 us to 19 hours.
    static constexpr int k_low_bits = 14;
    static constexpr int k_high_bits = 46;
    static constexpr std::size_t k_buckets = 4 * (k_high_bits - k_low_bits);

    static std::size_t bucket_of(std::chrono::nanoseconds time);
    static std::chrono::nanoseconds upper_bound_of(std::size_t bucket);
    void halve();

    std::atomic<std::int64_t> mean_ns_ = 0;  // 0: never measured
    std::atomic<std::uint32_t> added_ = 0;
    std::array<std::atomic<std::uint32_t>, k_buckets> buckets_{};
};

}  // namespace bellwether::route
