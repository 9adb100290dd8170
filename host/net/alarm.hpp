// `Alarm` is a timer whose owner may be destroyed before the loop. A plain Asio timer that has
// fired, but whose handler has not run yet, can no longer be cancelled; an alarm can: once it is
// cancelled or destroyed, its handler is never called. On the loop's thread only.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "base/clock.hpp"

namespace bellwether::net {

class Alarm {
  public:
    using Clock = bellwether::Clock;

    explicit Alarm(boost::asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}
    ~Alarm() { cancel(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // Replaces what was set before. `ring` may destroy the alarm.
    void set(Clock::time_point at, std::function<void()> ring) {
        state_->ring = std::move(ring);
        state_->timer.expires_at(at);
        state_->timer.async_wait([state = state_, turn = ++state_->turn](auto error) {
            if (!error && turn == state->turn && state->ring) std::exchange(state->ring, {})();
        });
    }

    void cancel() {
        ++state_->turn;
        state_->ring = {};
        state_->timer.cancel();
    }

  private:
    struct WaitTraits {
        static Clock::duration to_wait_duration(const Clock::duration& left) {
            return Clock::sleep(left);
        }
        static Clock::duration to_wait_duration(const Clock::time_point& at) {
            return Clock::sleep(at - Clock::now());
        }
    };
    struct State {
        explicit State(boost::asio::io_context& loop) : timer(loop) {}
        boost::asio::basic_waitable_timer<Clock, WaitTraits, boost::asio::io_context::executor_type>
            timer;
        std::function<void()> ring;
        unsigned turn = 0;
    };

    std::shared_ptr<State> state_;  // shared with handlers that have not run yet
};

}  // namespace bellwether::net
