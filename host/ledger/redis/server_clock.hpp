// `ServerClock` tells the time of the server, which all hosts share. It reckons it from this host's
// steady clock and from what the server last said. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace bellwether::ledger {

class ServerClock {
  public:
    // All times are in microseconds; a `steady` one is by the clock that nobody sets. Until the
    // server has told its time, the clock shows this host's calendar time.
    ServerClock(std::int64_t calendar_us, std::int64_t steady_us)
        : offset_us_(calendar_us - steady_us) {}

    // The server said that its time is `server_us`. The time is taken to be right for the middle
    // between the question and the answer.
    void heard(std::int64_t server_us, std::int64_t asked_steady_us,
               std::int64_t answered_steady_us) {
        offset_us_.store(server_us - (asked_steady_us + answered_steady_us) / 2,
                         std::memory_order_relaxed);
    }
    std::int64_t at(std::int64_t steady_us) const {
        return steady_us + offset_us_.load(std::memory_order_relaxed);
    }

  private:
    std::atomic<std::int64_t> offset_us_;
};

}  // namespace bellwether::ledger
