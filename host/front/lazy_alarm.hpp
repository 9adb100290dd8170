// One alarm whose time mostly moves later. Moving it later costs a store: the timer below is left
// as it is, and set anew when it rings too early. On the loop's thread only.
#pragma once

#include <functional>
#include <utility>

#include "net/alarm.hpp"

namespace bw::front {

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
        const auto ring = ring_;  // it may destroy this alarm, and itself with it
        ring();
    }

    net::Alarm alarm_;
    std::function<void()> ring_;
    Clock::time_point due_ = k_never;
    Clock::time_point armed_ = k_never;  // what the timer below waits for
};

}  // namespace bw::front
