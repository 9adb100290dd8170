// `Heartbeat` writes to a client whose stream is silent, because proxies and clients give up a
// connection on which nothing comes. Each stream has one timer. It fires when the silence could be
// too long, and only then looks at the last write, so that a chunk costs no timer call. On the
// loop's thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <utility>

#include "net/alarm.hpp"

namespace bellwether::front {

class Heartbeat {
  public:
    using Clock = net::Alarm::Clock;

    // Calls `beat` after each `interval` without a write. `beat` must not destroy the heartbeat.
    Heartbeat(boost::asio::io_context& loop, std::chrono::milliseconds interval,
              std::function<void()> beat)
        : alarm_(loop), interval_(interval), beat_(std::move(beat)), written_(Clock::now()) {
        wait();
    }

    void wrote(Clock::time_point at) { written_ = at; }

  private:
    void wait() {
        alarm_.set(written_ + interval_, [this] { look(); });
    }

    void look() {
        const auto now = Clock::now();
        if (now >= written_ + interval_) {
            written_ = now;
            beat_();
        }
        wait();
    }

    net::Alarm alarm_;
    std::chrono::milliseconds interval_;
    std::function<void()> beat_;
    Clock::time_point written_;
};

}  // namespace bellwether::front
