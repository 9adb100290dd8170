// The server's clock, which all hosts share, out of this host's own and what the server said of its
// time. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace bw::ledger {

class ServerClock {
  public:
    // Until the server has said something, what this host's calendar clock shows counts. All times
    // are microseconds; those called `steady` are of a clock that nobody sets.
    ServerClock(std::int64_t calendar_us, std::int64_t steady_us)
        : offset_us_(calendar_us - steady_us) {}

    // It was asked and it answered at these times; in the middle between them it said so.
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

}  // namespace bw::ledger
