// The part of Session that writes a call's reply and then goes on to the next request.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>

#include "front/session.hpp"

namespace bellwether::front {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

ResponseHead Session::head(int status, std::string_view extra) const {
    return {.status = status,
            .request_id = exchange_.id,
            .extra = extra,
            .origin = exchange_.origin_headers,
            .keep_alive = exchange_.keep_alive,
            .http_1_0 = !chunked()};
}

// HTTP/1.0 knows no chunks: there a stream ends with its connection.
bool Session::chunked() const { return inbox_.request().version != http::Version::http_1_0; }

bool Session::head_only() const { return inbox_.request().method == "HEAD"; }

// A large reply is copied here, and there may be no memory for that.
void Session::respond(int status, std::string_view extra, std::string_view body) {
    std::string& queue = outbox_.queue();
    const std::size_t before = queue.size();
    try {
        append_response(queue, head(status, extra), body, head_only());
    } catch (const std::bad_alloc&) {
        queue.resize(before);
        const ErrorReply reply = error_reply(bellwether::out_of_memory());
        append_response(queue, head(reply.status, reply.headers), reply.body, head_only());
    }
}

void Session::begin_stream(std::string_view extra) {
    ResponseHead stream = head(200, extra);
    stream.content_type = "text/event-stream; charset=utf-8";
    begin_body(stream);
}

void Session::begin_bytes(std::string_view type, std::string_view extra) {
    ResponseHead answer = head(200, extra);
    answer.content_type = type;
    exchange_.bytes = true;
    begin_body(answer);
}

void Session::begin_body(ResponseHead head) {
    if (!chunked()) head.keep_alive = exchange_.keep_alive = false;
    append_stream_head(outbox_.queue(), head);
    phase_ = Phase::streaming;
    flush_soon();
}

// A body that lacks a part must not look complete. So if there is no memory for one, the connection
// is cut.
template <typename Append>
void Session::append_part(const Append& append) {
    try {
        append(outbox_.queue());
    } catch (const std::bad_alloc&) {
        error_code ignored;
        socket_.shutdown(Socket::shutdown_both, ignored);
        return;
    }
    flush_soon();
    if (outbox_.pauses()) call_->pause();
}

void Session::event(std::string_view json) {
    append_part([&](std::string& queue) { append_event(queue, json, chunked()); });
}

void Session::named_event(std::string_view name, std::string_view json) {
    append_part([&](std::string& queue) { append_event(queue, name, json, chunked()); });
}

void Session::bytes(std::string_view bytes) {
    append_part([&](std::string& queue) { append_bytes(queue, bytes, chunked()); });
}

// A comment is needed only if nothing else waits to be written: other bytes keep the stream alive
// as well.
void Session::comment() {
    if (!outbox_.idle()) return;
    append_comment(outbox_.queue(), " waiting", chunked());
    flush_soon();
}

void Session::end_stream() { append_stream_end(outbox_.queue(), chunked()); }

void Session::end_body() { append_body_end(outbox_.queue(), chunked()); }

// What was written still goes out; then the connection ends where the body has no end. Where a body
// has no chunks, the end of the connection would be its end, and some clients take a zero for a
// last chunk: there only a reset tells.
void Session::break_off() {
    exchange_.keep_alive = false;
    exchange_.resets = !chunked() || exchange_.probed;
    finished();
}

void Session::finished() {
    phase_ = Phase::replied;
    reply_made();
}

void Session::reply_made() {
    outbox_.source_ends();
    call_.reset();
    forget_body();
    flush();
}

// All that one turn of the loop produces goes out in one write.
void Session::flush_soon() {
    if (phase_ == Phase::closed || !outbox_.post()) return;
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->flush(); });
}

void Session::flush() {
    if (phase_ == Phase::closed || outbox_.writing()) return;
    const std::string_view bytes = outbox_.begin_write();
    if (bytes.empty()) {
        if (has_replied(phase_)) next_request();
        return;
    }
    error_code error;
    const std::size_t written = socket_.write_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) return hung_up();
    went_out(written);
}

void Session::went_out(std::size_t bytes) {
    outbox_.wrote(bytes);
    outbox_.writing() ? write_rest() : on_written();
}

void Session::write_rest() {
    if (answers(phase_)) alarm_.set(timeouts_.for_write(Clock::now()));
    socket_.async_write_some(asio::buffer(outbox_.rest()),
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                                 if (self->phase_ == Phase::closed) return;
                                 error ? self->hung_up() : self->went_out(bytes);
                             });
}

void Session::on_written() {
    if (answers(phase_)) alarm_.clear();
    if (outbox_.resumes()) call_->resume();
    flush();
}

void Session::next_request() {
    if (exchange_.resets) return close();
    const bool last = !exchange_.keep_alive || context_->refuses_calls();
    const AfterReply next = after_reply(phase_, last, inbox_);
    if (next == AfterReply::linger) return linger();
    if (next == AfterReply::close) return close();
    const auto hold = std::move(hold_);
    phase_ = Phase::waiting;
    inbox_.next_request();
    exchange_ = {};
    if (context_ != sessions_.context()) use(sessions_.context());
    alarm_.set(timeouts_.for_request(Clock::now()));
    if (context_->draining) wait_shortly();
    if (next == AfterReply::read) return read();
    // Posted, because a direct call would nest one level deeper with each pipelined request.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->take_kept(); });
}

}  // namespace bellwether::front
