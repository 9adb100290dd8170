// `Clock` tells the time to everything that runs on an event loop: the machine's steady time or,
// for a thread that runs a simulation, a simulated time. All timers use it, too (net/alarm.hpp).
#pragma once

#include <time.h>

#include <chrono>
#include <utility>

namespace bellwether {

class Clock {
  public:
    using duration = std::chrono::steady_clock::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr bool is_steady = true;

    // A simulated time: it stands still until the simulation moves it. `next` is when the earliest
    // timer is due.
    struct Simulated {
        time_point now{std::chrono::hours(1)};
        std::chrono::system_clock::time_point wall{};
        time_point next = time_point::max();
    };

    static time_point now() noexcept {
        return simulated_ == nullptr ? std::chrono::steady_clock::now() : simulated_->now;
    }
    // As `now`, at a fraction of its cost, and late by some milliseconds.
    static time_point coarse() noexcept {
        if (simulated_ != nullptr) return simulated_->now;
        timespec time{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
        return time_point(std::chrono::seconds(time.tv_sec) +
                          std::chrono::nanoseconds(time.tv_nsec));
    }
    // The calendar time, for text that people read.
    static std::chrono::system_clock::time_point wall() noexcept {
        return simulated_ == nullptr ? std::chrono::system_clock::now() : simulated_->wall;
    }

    // From now on this thread's time is `time`; null: the machine's. Returns the one from before.
    static Simulated* give(Simulated* time) { return std::exchange(simulated_, time); }

    // How long a loop may sleep if its earliest timer is due in `left`. In a simulation the loop
    // does not sleep at all, as the simulation moves the time itself.
    static duration sleep(duration left) {
        if (simulated_ == nullptr) return left;
        simulated_->next = simulated_->now + left;
        return duration::zero();
    }

  private:
    static inline thread_local Simulated* simulated_ = nullptr;
};

}  // namespace bellwether
