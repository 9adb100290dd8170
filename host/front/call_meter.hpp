// Counts one call in its worker's metrics, from its beginning to its end.
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.hpp"
#include "observe/metrics.hpp"
#include "policy/attempts/attempts.hpp"

namespace bw::front {

// How a call ended, as the client saw it.
struct CallEnd {
    std::string_view route;
    std::string_view model;  // as the client named it
    const policy::Outcome& outcome;
    int status = 0;
    std::string_view error_code;
    std::chrono::nanoseconds duration{0};
};

class CallMeter {
  public:
    using Clock = bw::Clock;

    CallMeter(observe::WorkerMetrics& metrics, Clock::time_point started);
    ~CallMeter();
    CallMeter(const CallMeter&) = delete;
    CallMeter& operator=(const CallMeter&) = delete;

    void stream_begins(std::string_view route, std::string_view provider, std::string_view model);
    void chunk(Clock::time_point now);  // of a stream that has begun
    void pause();
    void resume();
    void end(const CallEnd& end);

  private:
    observe::WorkerMetrics& metrics_;
    observe::Series* stream_ = nullptr;  // once it has begun
    Clock::time_point started_;
    Clock::time_point last_chunk_{};
    bool paused_ = false;
};

}  // namespace bw::front
