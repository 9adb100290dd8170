#include "front/inbox.hpp"

namespace bellwether::front {
namespace {

// How many bytes a client may send ahead of the reply that it waits for.
constexpr std::size_t k_kept_bytes_max = 64u << 10;
// How many bytes a client may still send after its last reply; they are read and thrown away.
constexpr std::size_t k_thrown_away_bytes_max = 64u << 20;

}  // namespace

bool Inbox::wants_read() const { return input_ == Input::open && kept().size() < k_kept_bytes_max; }

// Bytes that have been read are erased only when there are many of them, because each erasing moves
// the rest of the buffer.
void Inbox::keep_last(std::size_t left) {
    taken_ = kept_.size() - left;
    if (left == 0) {
        forget_kept();
    } else if (taken_ > k_kept_bytes_max) {
        kept_.erase(0, taken_);
        taken_ = 0;
    }
}

void Inbox::forget_kept() {
    kept_ = {};
    taken_ = 0;
}

bool Inbox::throw_away(std::size_t bytes) {
    thrown_away_ += bytes;
    return thrown_away_ <= k_thrown_away_bytes_max;
}

bool waits_for_leave(const http::Framing& framing, bool more_has_come) {
    return has_body(framing) && framing.expects_continue && !more_has_come;
}

bool has_body(const http::Framing& framing) {
    return framing.body == http::Body::chunked || framing.length > 0;
}

}  // namespace bellwether::front
