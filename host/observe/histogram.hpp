// A histogram of durations: written by one thread, read by any. The bounds are fixed for each
// metric, so that histograms of several workers can be added up.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/counter.hpp"

namespace bellwether::observe {

inline constexpr std::size_t k_bounds_max = 20;

// The upper bounds of the buckets. A bucket includes its bound; one more bucket is above the last.
using Bounds = std::span<const std::chrono::microseconds>;

extern const Bounds k_duration_bounds;       // a whole request: 10 ms to 82 s, doubling
extern const Bounds k_first_token_bounds;    // 1 ms to 60 s
extern const Bounds k_between_token_bounds;  // 1 ms to 10 s
extern const Bounds k_overhead_bounds;       // 25 us to 1 s

class Histogram {
  public:
    explicit Histogram(Bounds bounds) : bounds_(bounds) {}

    void record(std::chrono::nanoseconds duration);  // less than zero counts as zero
    void add(const Histogram& other);                // of the same bounds

    Bounds bounds() const { return bounds_; }
    std::uint64_t bucket(std::size_t index) const { return buckets_[index].value(); }
    std::uint64_t count() const;  // of all buckets, so that it never contradicts them
    std::chrono::microseconds sum() const;

  private:
    Bounds bounds_;
    std::array<Counter, k_bounds_max + 1> buckets_;
    // Microseconds, because thousands of streams at once add thousands of seconds in each second: a
    // sum in nanoseconds would overflow within the life of a process.
    Counter sum_us_;
};

}  // namespace bellwether::observe
