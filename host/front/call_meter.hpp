// `CallMeter` counts a call in its worker's metrics while the call runs. How the call ended is
// counted later, from its record (policy/record/call_record.hpp). On the worker's thread only.
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.hpp"
#include "observe/metrics.hpp"

namespace bellwether::front {

class CallMeter {
  public:
    using Clock = bellwether::Clock;

    CallMeter(observe::WorkerMetrics& metrics, Clock::time_point started);
    ~CallMeter();
    CallMeter(const CallMeter&) = delete;
    CallMeter& operator=(const CallMeter&) = delete;

    void stream_begins(std::string_view route, std::string_view provider, std::string_view model);
    void chunk(Clock::time_point now);  // of a stream that has begun
    void pause();
    void resume();

  private:
    observe::WorkerMetrics& metrics_;
    observe::Series* stream_ = nullptr;  // null: no stream has begun
    Clock::time_point started_;
    Clock::time_point last_chunk_{};
    bool paused_ = false;
};

}  // namespace bellwether::front
