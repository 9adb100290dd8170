// Lets at most one event through in each pause: for log lines that clients could otherwise cause as
// often as they like. Any thread may ask.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.hpp"

namespace bellwether::observe {

class Seldom {
  public:
    using Clock = bellwether::Clock;

    explicit constexpr Seldom(Clock::duration pause) : pause_(pause) {}

    // True for the first event, and for the first one after each pause.
    bool may(Clock::time_point now) {
        auto next = next_.load(std::memory_order_relaxed);
        const auto ticks = now.time_since_epoch().count();
        return ticks >= next && next_.compare_exchange_strong(next, ticks + pause_.count());
    }

  private:
    const Clock::duration pause_;
    std::atomic<Clock::rep> next_ = 0;
};

}  // namespace bellwether::observe
