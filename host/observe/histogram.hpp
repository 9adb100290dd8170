// A histogram of durations: written by one thread, read by any. The bounds are fixed for each
// metric, so that histograms of several workers can be added up.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/counter.hpp"

namespace bw::observe {

inline constexpr std::size_t k_bounds_max = 20;

// Upper bounds of the buckets, each included in its own; above the last one is one more bucket.
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
    // Thousands of streams at once add up thousands of seconds in each: nanoseconds would not last
    // for the life of a process.
    Counter sum_us_;
};

}  // namespace bw::observe
