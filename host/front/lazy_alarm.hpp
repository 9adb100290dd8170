// `LazyAlarm` is an alarm whose time mostly moves later. Moving it later only stores the new time:
// the timer below stays as it is, and is set again when it fires too early. On the loop's thread
// only.
#pragma once

#include <functional>
#include <utility>

#include "net/alarm.hpp"

namespace bellwether::front {

class LazyAlarm {
  public:
    using Clock = net::Alarm::Clock;

    // `ring` may destroy the alarm.
    LazyAlarm(boost::asio::io_context& loop, std::function<void()> ring)
        : alarm_(loop), ring_(std::move(ring)) {}

    void set(Clock::time_point at) {
        due_ = at;
        if (at < armed_) arm();
    }
    void clear() { due_ = k_never; }
    Clock::time_point due() const { return due_; }

  private:
    static constexpr Clock::time_point k_never = Clock::time_point::max();

    void arm() {
        armed_ = due_;
        alarm_.set(armed_, [this] { on_time(); });
    }

    void on_time() {
        armed_ = k_never;
        if (due_ == k_never) return;
        if (Clock::now() < due_) return arm();
        due_ = k_never;
        const auto ring = ring_;  // a copy, because the call may destroy this alarm and ring_
        ring();
    }

    net::Alarm alarm_;
    std::function<void()> ring_;
    Clock::time_point due_ = k_never;
    Clock::time_point armed_ = k_never;  // when the timer below fires
};

}  // namespace bellwether::front
