#include "front/outbox.hpp"

namespace bellwether::front {
namespace {

// When more bytes than the first are queued for a slow client, the source of its stream is paused;
// when fewer than the second are left, the source is resumed.
constexpr std::size_t k_queue_bytes_pause = 64u << 10;
constexpr std::size_t k_queue_bytes_resume = 16u << 10;
// A buffer that a large reply has grown beyond this is freed, so that idle connections stay small.
constexpr std::size_t k_buffer_bytes_kept = 4u << 10;

}  // namespace

bool Outbox::post() {
    if (write_ != Write::none) return false;
    write_ = Write::posted;
    return true;
}

std::string_view Outbox::begin_write() {
    write_ = queue_.empty() ? Write::none : Write::under_way;
    if (queue_.empty()) return {};
    flight_.swap(queue_);
    written_ = 0;
    return flight_;
}

void Outbox::wrote(std::size_t bytes) {
    written_ += bytes;
    if (written_ < flight_.size()) return;
    write_ = Write::none;
    flight_.clear();
    if (flight_.capacity() > k_buffer_bytes_kept) flight_.shrink_to_fit();
    if (queue_.empty()) queue_.swap(flight_);  // one buffer does for both
}

bool Outbox::pauses() {
    if (paused_ || queue_.size() <= k_queue_bytes_pause) return false;
    return paused_ = true;
}

bool Outbox::resumes() {
    if (!paused_ || queue_.size() >= k_queue_bytes_resume) return false;
    paused_ = false;
    return true;
}

}  // namespace bellwether::front
