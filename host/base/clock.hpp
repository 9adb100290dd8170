// The time of everything that runs on a loop: a thread's steady time, or the one that a simulation
// gives it. All timers go by it, too (net/alarm.hpp).
#pragma once

#include <chrono>
#include <utility>

namespace bw {

class Clock {
  public:
    using duration = std::chrono::steady_clock::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr bool is_steady = true;

    // A time that stands still until it is moved, and when the earliest timer is due.
    struct Simulated {
        time_point now{std::chrono::hours(1)};
        std::chrono::system_clock::time_point wall{};
        time_point next = time_point::max();
    };

    static time_point now() noexcept {
        return simulated_ == nullptr ? std::chrono::steady_clock::now() : simulated_->now;
    }
    // For what people read.
    static std::chrono::system_clock::time_point wall() noexcept {
        return simulated_ == nullptr ? std::chrono::system_clock::now() : simulated_->wall;
    }

    // This thread goes by `time` from now on; null: by the machine's. Gives what it went by before.
    static Simulated* give(Simulated* time) { return std::exchange(simulated_, time); }

    // How long a loop may sleep whose earliest timer is due in `left`: not at all in a simulation,
    // which moves the time itself.
    static duration sleep(duration left) {
        if (simulated_ == nullptr) return left;
        simulated_->next = simulated_->now + left;
        return duration::zero();
    }

  private:
    static inline thread_local Simulated* simulated_ = nullptr;
};

}  // namespace bw
