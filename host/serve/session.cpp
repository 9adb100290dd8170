#include "serve/session.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include "observe/log.hpp"
#include "serve/request_id.hpp"
#include "serve/surface.hpp"

namespace bw::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t k_header_bytes_max = 64u << 10;
// Above the first a slow reader's upstream is paused, below the second it goes on.
constexpr std::size_t k_pending_bytes_pause = 256u << 10;
constexpr std::size_t k_pending_bytes_resume = 64u << 10;
// Buffers that one large reply has grown are given back.
constexpr std::size_t k_buffer_bytes_kept = 64u << 10;

std::string address_of(const Socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? std::string("-")
                 : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

}  // namespace

Session::Session(Socket socket, Context& context, Sessions& sessions)
    : socket_(std::move(socket)),
      context_(context),
      sessions_(sessions),
      client_(address_of(socket_)) {
    sessions_.opened(*this);
}

Session::~Session() { sessions_.closed(*this); }

void Session::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    read_head();
}

void Session::drain() {
    keep_alive_ = false;
    const bool idle = reading_ && buffer_.size() == 0 && !parser_->got_some();
    if (idle) close();
}

void Session::abort() {
    if (call_) call_->abandoned();
    close();
}

// ---- reading ------------------------------------------------------------------------------------

void Session::read_head() {
    parser_.emplace();
    parser_->header_limit(k_header_bytes_max);
    parser_->body_limit(context_.host.config.server.max_body_bytes);
    reading_ = true;
    replied_ = false;
    http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_head(error); });
}

void Session::on_head(error_code error) {
    if (closed_) return;
    if (error) return refuse(error);
    const auto& request = parser_->get();
    http_1_0_ = request.version() < 11;
    keep_alive_ = request.keep_alive() && !context_.draining;
    head_only_ = request.method() == http::verb::head;
    request_id_ = request_id(request["x-request-id"], context_.random);
    if (boost::beast::iequals(request[http::field::expect], "100-continue") && !http_1_0_) {
        pending_.append("HTTP/1.1 100 Continue\r\n\r\n");
        flush_soon();
    }
    read_body();
}

void Session::read_body() {
    if (parser_->is_done()) return on_body({}, 0);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t bytes) {
                         self->on_body(error, bytes);
                     });
}

void Session::on_body(error_code error, std::size_t) {
    if (closed_) return;
    reading_ = false;
    if (error) return refuse(error);
    on_request();
}

// What cannot be read as a request gets one answer, and the connection ends: no resynchronising.
void Session::refuse(error_code error) {
    reading_ = false;
    const bool malformed =
        error.category() == http::make_error_code(http::error::bad_method).category();
    if (!malformed || error == http::error::end_of_stream ||
        error == http::error::partial_message) {
        return close();
    }
    keep_alive_ = false;
    ErrorReply reply =
        error_reply(400, "invalid_request_error", "malformed_request",
                    fmt::format("The HTTP request cannot be read: {}.", error.message()));
    if (error == http::error::body_limit) {
        reply =
            error_reply(413, "invalid_request_error", "request_too_large",
                        fmt::format("The request body is larger than {} bytes (server.max_body).",
                                    context_.host.config.server.max_body_bytes));
    } else if (error == http::error::header_limit) {
        reply = error_reply(
            431, "invalid_request_error", "headers_too_large",
            fmt::format("The request headers are larger than {} bytes.", k_header_bytes_max));
    }
    respond(reply.status, reply.headers, reply.body);
    finished();
}

void Session::on_request() {
    HttpRequest& request = parser_->get();
    const Answer answer = answer_for(request, context_);
    if (answer.operation) return begin_call(*answer.operation);
    respond(answer.status, answer.headers, answer.body);
    finished();
}

void Session::begin_call(Operation operation) {
    Call call{.id = request_id_,
              .operation = operation,
              .body = std::move(parser_->get().body()),
              .started = std::chrono::steady_clock::now()};
    call_ = std::make_unique<LiveCall>(context_, static_cast<Downstream&>(*this), std::move(call),
                                       client_);
    watch_for_hang_up();
    call_->start();
}

// ---- a call's reply
// -------------------------------------------------------------------------------

ResponseHead Session::head(int status, std::string_view extra) const {
    return {.status = status,
            .content_type = "application/json",
            .request_id = request_id_,
            .extra = extra,
            .keep_alive = keep_alive_,
            .http_1_0 = http_1_0_};
}

void Session::respond(int status, std::string_view extra, std::string_view body) {
    append_response(pending_, head(status, extra), body, head_only_);
    flush_soon();
}

void Session::begin_stream(std::string_view extra) {
    if (http_1_0_) keep_alive_ = false;
    ResponseHead stream = head(200, extra);
    stream.content_type = "text/event-stream; charset=utf-8";
    append_stream_head(pending_, stream);
    flush_soon();
}

void Session::event(std::string_view json) {
    append_event(pending_, json, !http_1_0_);
    flush_soon();
    if (!paused_ && pending_.size() > k_pending_bytes_pause) {
        paused_ = true;
        call_->pause();
    }
}

void Session::end_stream() {
    append_stream_end(pending_, !http_1_0_);
    flush_soon();
}

void Session::finished() {
    replied_ = true;
    paused_ = false;
    call_.reset();
    flush();
}

// ---- writing
// --------------------------------------------------------------------------------------

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
    asio::async_write(
        socket_, asio::buffer(flight_),
        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void Session::on_written(error_code error) {
    if (closed_) return;
    flight_.clear();
    if (flight_.capacity() > k_buffer_bytes_kept) flight_.shrink_to_fit();
    if (error) {
        if (call_) call_->abandoned();
        return close();
    }
    if (paused_ && pending_.size() < k_pending_bytes_resume) {
        paused_ = false;
        call_->resume();
    }
    flush();
}

void Session::next_request() {
    replied_ = false;
    if (!keep_alive_ || context_.draining) return close();
    read_head();
}

// ---- the end
// --------------------------------------------------------------------------------------

// While a call runs nothing is read, so a hang-up is seen by waiting for readability.
void Session::watch_for_hang_up() {
    if (watching_) return;
    watching_ = true;
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
        self->watching_ = false;
        self->on_readable(error);
    });
}

void Session::on_readable(error_code error) {
    if (closed_ || !call_) return;
    char byte = 0;
    const ssize_t got =
        error ? -1 : recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return;  // the next request, early: it waits its turn
    if (got < 0 && !error && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return watch_for_hang_up();
    }
    call_->abandoned();
    close();
}

void Session::close() {
    if (closed_) return;
    closed_ = true;
    call_.reset();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace bw::serve
