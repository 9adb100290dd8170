#include "front/client_timeouts.hpp"

#include <algorithm>

namespace bellwether::front {

void ClientTimeouts::body_begins(Time now) {
    body_begun_ = now;
    body_bytes_ = 0;
}

ClientTimeouts::Time ClientTimeouts::for_body(std::size_t bytes, Time now) {
    body_bytes_ += bytes;
    const std::chrono::milliseconds earned(body_bytes_ * 1000 / limits_->body_rate_min);
    return std::min(now + limits_->body_timeout, body_begun_ + limits_->body_timeout + earned);
}

}  // namespace bellwether::front
