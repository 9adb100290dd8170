// Measures how long an attempt has waited for its upstream, or for a client that reads slowly. The
// rest of a call's duration is the host's own overhead. Used on the worker's thread only.
#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace bellwether::plugin {

class UpstreamWait {
  public:
    using Clock = bellwether::Clock;

    // While it lives, the host works and the wait is not counted. It may outlive the UpstreamWait.
    class Interruption {
      public:
        explicit Interruption(UpstreamWait& wait, Clock::time_point now = Clock::now())
            : wait_(&wait) {
            if (wait.waiting_) wait.waited_ += now - wait.since_;
            wait.waiting_ = false;
            wait.interruption_ = this;
        }
        ~Interruption() {
            if (wait_ != nullptr) wait_->begin();
        }
        Interruption(const Interruption&) = delete;
        Interruption& operator=(const Interruption&) = delete;

      private:
        friend class UpstreamWait;
        UpstreamWait* wait_;
    };

    UpstreamWait() = default;
    ~UpstreamWait() {
        if (interruption_ != nullptr) interruption_->wait_ = nullptr;
    }
    UpstreamWait(const UpstreamWait&) = delete;
    UpstreamWait& operator=(const UpstreamWait&) = delete;

    void begin() {
        interruption_ = nullptr;
        waiting_ = true;
        since_ = Clock::now();
    }
    std::chrono::nanoseconds total() const {
        return waiting_ ? waited_ + (Clock::now() - since_) : waited_;
    }

  private:
    std::chrono::nanoseconds waited_{0};
    Clock::time_point since_{};
    bool waiting_ = false;
    Interruption* interruption_ = nullptr;
};

}  // namespace bellwether::plugin
