// `ClientTimeouts` says until when a connection waits for its client. Pure: the caller passes the
// time.
#pragma once

#include <chrono>
#include <cstddef>

#include "config/config.hpp"

namespace bellwether::front {

class ClientTimeouts {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // `limits` must outlive this object, or the next use().
    explicit ClientTimeouts(const config::Front& limits) : limits_(&limits) {}

    // From now on these limits count. Not within a body.
    void use(const config::Front& limits) { limits_ = &limits; }

    // The deadlines, if the wait begins now, for a request's first byte and for its whole head.
    Time for_request(Time now) const { return now + limits_->idle_timeout; }
    Time for_head(Time now) const { return now + limits_->header_timeout; }
    // When a wait for a request's first byte has begun that ends at `until`, and until when it
    // lasts if the connection shall soon be closed.
    Time waiting_since(Time until) const { return until - limits_->idle_timeout; }
    static Time for_last_request(Time since) { return since + std::chrono::seconds(5); }
    // The deadline for a client to take the next bytes of its reply. It may read slowly, but must
    // not stop.
    Time for_write(Time now) const { return now + limits_->write_timeout; }
    // The deadline for a client that still sends after its last reply.
    static Time for_lingering(Time now) { return now + std::chrono::seconds(2); }

    // A body may take long, but it must not pause for body_timeout, nor come more slowly on the
    // whole than body_rate_min.
    void body_begins(Time now);
    // The deadline for the next bytes of the body, after `bytes` more have come.
    Time for_body(std::size_t bytes, Time now);

  private:
    const config::Front* limits_;
    Time body_begun_{};
    std::size_t body_bytes_ = 0;  // as they came, before unpacking
};

}  // namespace bellwether::front
