// Counts how the tries of one target ended within the last time, the window: in ten buckets, the
// oldest of which is emptied when a new one begins. Any thread may count and read; none waits for
// another.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace bellwether::route {

class TryWindow {
  public:
    // A bucket keeps its counts below this; beyond it, it halves both of them, and so keeps their
    // ratio.
    static constexpr std::uint64_t k_bucket_count_max = (std::uint64_t{1} << 18) - 1;

    struct Tries {
        std::uint64_t all = 0;
        std::uint64_t failed = 0;
    };

    explicit TryWindow(Clock::duration window);

    void succeeded(Clock::time_point now);
    void failed(Clock::time_point now);
    Tries counted(Clock::time_point now) const;
    void clear();

  private:
    static constexpr int k_buckets = 10;

    // One word, so that a bucket is emptied and counted in by one exchange: 28 bits say which
    // bucket since the clock's beginning it is, 18 bits count failures and 18 bits successes.
    using Word = std::uint64_t;

    void count(Clock::time_point now, Word one);
    std::uint64_t number_at(Clock::time_point now) const;

    const Clock::duration bucket_time_;
    std::array<std::atomic<Word>, k_buckets> buckets_{};
};

}  // namespace bellwether::route
