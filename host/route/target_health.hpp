// Decides when one target is out of service: after so many failures in a row, or after too large a
// share of failures within a window. It stays out for a time that doubles with each failure of a
// trial. Once that time is over, one call may try the target; its success brings the target back.
// A pure state machine: every time is given. Any thread may use it. Reading takes no lock, nor does
// the success of a target in service.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "config/routing.hpp"
#include "route/try_window.hpp"

namespace bellwether::route {

enum class Service : std::uint8_t {
    in,
    out,
    trial_due  // still out, but one call should try it
};

// Why a target was taken out of service, and for how long.
struct Ejection {
    std::chrono::milliseconds time{0};
    unsigned failures_in_row = 0;
    unsigned error_percent = 0;  // of the tries within the window; 0 as well if they are too few
};

class TargetHealth {
  public:
    explicit TargetHealth(const config::Health& rules);  // which must outlive it

    // A try succeeded that had begun at `began`. If that brought the target back: how long it was
    // out of service. A try that began before the target failed says nothing of how it does now.
    std::optional<Clock::duration> succeeded(Clock::time_point began, Clock::time_point now);
    // A try failed. Says so if that took the target out of service.
    std::optional<Ejection> failed(Clock::time_point now);

    // A probe says that the provider answers: the time out of service ends, and the next call tries
    // the target. It does so once, until a probe has failed or the target was in service again:
    // what calls find counts for more than what a probe finds.
    void probe_succeeded(Clock::time_point now);
    // A probe says that it does not. Counts as a try that failed.
    std::optional<Ejection> probe_failed(Clock::time_point now);

    Service service(Clock::time_point now) const;
    // Of a target that is not in service.
    Clock::time_point out_since() const;
    Clock::time_point out_until() const;

    // True for the one call that is to try a target whose time is over. The next trial is due after
    // a time as long as the last one, whatever becomes of this one, so nothing is to be given back.
    bool claim_trial(Clock::time_point now);

    // How often it was taken out of service.
    std::uint64_t times_out() const { return times_out_.load(std::memory_order_relaxed); }

  private:
    unsigned error_percent(Clock::time_point now) const;
    Ejection eject(Clock::time_point now) REQUIRES(mutex_);
    void stay_out(Clock::time_point now) REQUIRES(mutex_);
    Clock::duration period() const REQUIRES(mutex_);

    const config::Health& rules_;
    TryWindow window_;
    std::atomic<std::uint32_t> failures_in_row_ = 0;
    std::atomic<std::uint64_t> times_out_ = 0;
    // Ticks of the clock. They are written with the mutex held, and read without.
    std::atomic<Clock::rep> out_until_ = 0;  // 0: in service
    std::atomic<Clock::rep> out_since_ = 0;
    std::atomic<Clock::rep> row_since_ = 0;  // when the first failure of the row came

    Mutex mutex_;
    unsigned doublings_ GUARDED_BY(mutex_) = 0;  // of the first time out, for the present or last
    bool is_on_trial_ GUARDED_BY(mutex_) = false;
    bool called_back_ GUARDED_BY(mutex_) = false;   // a probe has ended its time out of service
    Clock::time_point back_at_ GUARDED_BY(mutex_);  // after the last time out
};

}  // namespace bellwether::route
