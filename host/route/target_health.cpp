#include "route/target_health.hpp"

#include <algorithm>

namespace bellwether::route {
namespace {

Clock::time_point time_of(const std::atomic<Clock::rep>& ticks) {
    return Clock::time_point(Clock::duration(ticks.load(std::memory_order_relaxed)));
}

}  // namespace

TargetHealth::TargetHealth(const config::Health& rules) : rules_(rules), window_(rules.window) {}

std::optional<Clock::duration> TargetHealth::succeeded(Clock::time_point began,
                                                       Clock::time_point now) {
    window_.succeeded(now);
    if (failures_in_row_.load(std::memory_order_relaxed) != 0 && began >= time_of(row_since_)) {
        failures_in_row_.store(0, std::memory_order_relaxed);
    }
    if (service(now) == Service::in) return std::nullopt;
    const Lock lock(mutex_);
    if (service(now) == Service::in || began < out_since()) return std::nullopt;
    out_until_.store(0, std::memory_order_release);
    back_at_ = now;
    is_on_trial_ = false;
    called_back_ = false;
    window_.clear();  // else the failures from before would soon take it out again
    return now - out_since();
}

std::optional<Ejection> TargetHealth::failed(Clock::time_point now) {
    const Lock lock(mutex_);
    window_.failed(now);
    if (failures_in_row_.fetch_add(1, std::memory_order_relaxed) == 0) {
        row_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    const Service before = service(now);
    if (before == Service::in) {
        const auto in_row = failures_in_row_.load(std::memory_order_relaxed);
        const bool is_over =
            (rules_.failures != 0 && in_row >= rules_.failures) ||
            (rules_.error_percent != 0 && error_percent(now) >= rules_.error_percent);
        return is_over ? std::optional(eject(now)) : std::nullopt;
    }
    // The calls that were under way when the target went out say nothing new.
    if (before == Service::trial_due || is_on_trial_) {
        if (period() < rules_.longest) ++doublings_;
        stay_out(now);
    }
    return std::nullopt;
}

void TargetHealth::probe_succeeded(Clock::time_point now) {
    if (service(now) != Service::out) return;
    const Lock lock(mutex_);
    if (service(now) != Service::out || called_back_) return;
    called_back_ = true;
    is_on_trial_ = false;
    out_until_.store(now.time_since_epoch().count(), std::memory_order_release);
}

std::optional<Ejection> TargetHealth::probe_failed(Clock::time_point now) {
    {
        const Lock lock(mutex_);
        called_back_ = false;
    }
    return failed(now);
}

Ejection TargetHealth::eject(Clock::time_point now) {
    if (times_out_.fetch_add(1, std::memory_order_relaxed) != 0) {
        // One step down for each time in service that was as long as the last time out.
        const auto last = std::max(period(), Clock::duration(1));
        const auto steps = std::max<Clock::rep>((now - back_at_) / last, 0);
        const unsigned next = doublings_ + (period() < rules_.longest ? 1 : 0);
        doublings_ = next - static_cast<unsigned>(std::min<Clock::rep>(steps, next));
    }
    out_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    stay_out(now);
    return {.time = std::chrono::duration_cast<std::chrono::milliseconds>(period()),
            .failures_in_row = failures_in_row_.load(std::memory_order_relaxed),
            .error_percent = error_percent(now)};
}

void TargetHealth::stay_out(Clock::time_point now) {
    is_on_trial_ = false;
    out_until_.store((now + period()).time_since_epoch().count(), std::memory_order_release);
}

Clock::duration TargetHealth::period() const {
    auto time = std::min(rules_.first, rules_.longest);
    for (unsigned i = 0; i < doublings_ && time < rules_.longest; ++i) {
        time = std::min(2 * time, rules_.longest);
    }
    return time;
}

unsigned TargetHealth::error_percent(Clock::time_point now) const {
    const auto tries = window_.counted(now);
    if (tries.all < std::max(rules_.calls_min, 1U)) return 0;
    return static_cast<unsigned>(tries.failed * 100 / tries.all);
}

Service TargetHealth::service(Clock::time_point now) const {
    const auto until = out_until_.load(std::memory_order_acquire);
    if (until == 0) return Service::in;
    return now.time_since_epoch().count() < until ? Service::out : Service::trial_due;
}

Clock::time_point TargetHealth::out_since() const { return time_of(out_since_); }

Clock::time_point TargetHealth::out_until() const { return time_of(out_until_); }

bool TargetHealth::claim_trial(Clock::time_point now) {
    if (service(now) != Service::trial_due) return false;
    const Lock lock(mutex_);
    if (service(now) != Service::trial_due) return false;
    stay_out(now);
    is_on_trial_ = true;
    return true;
}

}  // namespace bellwether::route
