// How long a client is waited for. Pure: what the time is, is given.
#pragma once

#include <chrono>
#include <cstddef>

#include "config/config.hpp"

namespace bw::front {

class Patience {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // `limits` outlive it.
    explicit Patience(const config::Front& limits) : limits_(limits) {}

    // Until when, if this begins now: that no request comes, and all of a request's head.
    Time for_request(Time now) const { return now + limits_.idle_timeout; }
    Time for_head(Time now) const { return now + limits_.header_timeout; }
    // Of a client that takes its reply as slowly as it likes, but must not stop for good.
    Time for_write(Time now) const { return now + limits_.write_timeout; }
    // Of one that still sends after its last reply.
    static Time for_lingering(Time now) { return now + std::chrono::seconds(2); }

    // A body may be long; it must not pause for long, and not trickle.
    void body_begins(Time now);
    // So many bytes more of it have come.
    Time for_body(std::size_t bytes, Time now);

  private:
    const config::Front& limits_;
    Time body_begun_{};
    std::size_t body_bytes_ = 0;  // as they came
};

}  // namespace bw::front
