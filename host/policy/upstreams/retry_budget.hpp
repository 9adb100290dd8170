// Bounds how many tries of the whole process are repetitions, so that an upstream in trouble is not
// sent more and more requests: a share of the calls of the last ten seconds, and a number a second
// that is allowed however few calls there are. One object serves all workers, from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "config/config.hpp"

namespace bellwether::policy {

// Whether a call may be repeated.
enum class Repeats : std::uint8_t {
    allowed,
    spent,  // too many calls of the process were repeated just now
    off,    // the operator allows none
};

class SharedRetryBudget {
  public:
    // `before`: the one of the configuration before, whose counts for the metrics go on; null:
    // there was none.
    explicit SharedRetryBudget(const config::RetryBudget& budget,
                               const SharedRetryBudget* before = nullptr)
        : budget_(budget),
          taken_(before == nullptr ? 0 : before->taken()),
          refused_(before == nullptr ? 0 : before->refused()) {}

    const config::RetryBudget& limits() const { return budget_; }

    // Counts a call, however often it is tried. Takes no lock.
    void call(Clock::time_point now);
    Repeats repeats(Clock::time_point now) const;
    // Counts one repetition; false: there is no room for it, and it is not counted.
    bool take(Clock::time_point now);
    // Counts a repetition that was not made, as there was no room for it.
    void count_refused() { refused_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  private:
    static constexpr std::int64_t k_seconds = 10;

    // The calls of one second of the last ten, and which second it is.
    struct alignas(64) Second {
        std::atomic<std::int64_t> number{-1};
        std::atomic<std::uint32_t> calls{0};
        std::atomic<std::uint32_t> repeats{0};
    };

    Second& at(Clock::time_point now);
    bool has_room(Clock::time_point now) const;

    const config::RetryBudget budget_;
    std::array<Second, k_seconds> seconds_;
    Mutex taking_;  // so that two threads do not take the last repetition both
    std::atomic<std::uint64_t> taken_;
    std::atomic<std::uint64_t> refused_;
};

}  // namespace bellwether::policy
