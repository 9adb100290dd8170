// Writing: a call's reply, and the way to the next request.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>

#include "front/session.hpp"

namespace bw::front {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Above the first a slow reader's upstream is paused, below the second it goes on.
constexpr std::size_t k_pending_bytes_pause = 64u << 10;
constexpr std::size_t k_pending_bytes_resume = 16u << 10;
// A connection that waits keeps a buffer for a small reply, not one that a large reply has grown.
constexpr std::size_t k_buffer_bytes_kept = 4u << 10;

}  // namespace

ResponseHead Session::head(int status, std::string_view extra) const {
    return {.status = status,
            .request_id = request_id_,
            .extra = extra,
            .origin = origin_headers_,
            .keep_alive = keep_alive_,
            .http_1_0 = http_1_0_};
}

// A large reply is copied here, and there may be no memory for that.
void Session::respond(int status, std::string_view extra, std::string_view body) {
    const std::size_t before = pending_.size();
    try {
        append_response(pending_, head(status, extra), body, head_only_);
    } catch (const std::bad_alloc&) {
        pending_.resize(before);
        const ErrorReply reply = error_reply(bw::out_of_memory());
        append_response(pending_, head(reply.status, reply.headers), reply.body, head_only_);
    }
}

void Session::begin_stream(std::string_view extra) {
    if (http_1_0_) keep_alive_ = false;
    ResponseHead stream = head(200, extra);
    stream.content_type = "text/event-stream; charset=utf-8";
    append_stream_head(pending_, stream);
    streaming_ = true;
    flush_soon();
}

// A stream that lacks a part must not look whole: where there is no memory for it, it is cut.
void Session::event(std::string_view json) {
    try {
        append_event(pending_, json, !http_1_0_);
    } catch (const std::bad_alloc&) {
        error_code ignored;
        socket_.shutdown(Socket::shutdown_both, ignored);
        return;
    }
    flush_soon();
    if (!paused_ && pending_.size() > k_pending_bytes_pause) {
        paused_ = true;
        call_->pause();
    }
}

// Bytes that still wait say as well that the stream lives.
void Session::comment() {
    if (!flight_.empty() || !pending_.empty()) return;
    append_comment(pending_, " waiting", !http_1_0_);
    flush_soon();
}

void Session::end_stream() { append_stream_end(pending_, !http_1_0_); }

void Session::finished() {
    replied_ = true;
    paused_ = false;
    call_.reset();
    forget_body();
    flush();
}

// All that one turn of the loop produces goes out in one write.
void Session::flush_soon() {
    if (flush_posted_ || !flight_.empty() || closed_) return;
    flush_posted_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->flush_posted_ = false;
        self->flush();
    });
}

void Session::flush() {
    if (closed_ || !flight_.empty()) return;
    if (pending_.empty()) {
        if (replied_) next_request();
        return;
    }
    flight_.swap(pending_);
    error_code error;
    written_ = socket_.write_some(asio::buffer(flight_), error);
    if (error && error != asio::error::would_block) return hung_up();
    written_ == flight_.size() ? on_written() : write_rest();
}

// A client may read as slowly as it likes, but not stop for good.
void Session::write_rest() {
    if (busy_) alarm_.set(Clock::now() + limits().write_timeout);
    socket_.async_write_some(asio::buffer(flight_) + written_,
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                                 if (self->closed_) return;
                                 if (error) return self->hung_up();
                                 self->written_ += bytes;
                                 self->written_ == self->flight_.size() ? self->on_written()
                                                                        : self->write_rest();
                             });
}

void Session::on_written() {
    if (busy_) alarm_.clear();
    flight_.clear();
    if (flight_.capacity() > k_buffer_bytes_kept) flight_.shrink_to_fit();
    if (pending_.empty()) pending_.swap(flight_);  // one buffer does for both
    if (paused_ && pending_.size() < k_pending_bytes_resume) {
        paused_ = false;
        call_->resume();
    }
    flush();
}

void Session::next_request() {
    replied_ = streaming_ = false;
    if (refused_) return linger();
    if (!keep_alive_ || context_.draining) return early_.empty() ? close() : linger();
    const auto hold = std::move(hold_);
    busy_ = head_begun_ = false;
    parser_.restart();
    http_1_0_ = head_only_ = preflight_ = false;
    origin_headers_.clear();
    request_id_.clear();
    caller_ = nullptr;
    alarm_.set(Clock::now() + limits().idle_timeout);
    if (early_.empty()) return input_ended_ ? close() : read();
    // Sent ahead. Not from here: each of many would be one level deeper.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->take_next(); });
}

}  // namespace bw::front
