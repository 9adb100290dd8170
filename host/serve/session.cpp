#include "serve/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include "observe/log.hpp"
#include "serve/request_id.hpp"
#include "serve/surface.hpp"

namespace bw::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t k_header_bytes_max = 64u << 10;
constexpr std::size_t k_read_bytes = 8u << 10;
constexpr std::size_t k_body_read_bytes = 64u << 10;  // at a time, of a body that is as long
// What a client may send ahead of the reply that it waits for.
constexpr std::size_t k_early_bytes_max = 64u << 10;
// Above the first a slow reader's upstream is paused, below the second it goes on.
constexpr std::size_t k_pending_bytes_pause = 256u << 10;
constexpr std::size_t k_pending_bytes_resume = 64u << 10;
// Buffers that one large reply has grown are given back.
constexpr std::size_t k_buffer_bytes_kept = 64u << 10;

constexpr std::size_t k_linger_bytes_max = 64u << 20;
constexpr std::chrono::seconds k_linger_max{2};

// Empty lines before a request are allowed and mean nothing (RFC 9112, 2.2).
void skip_line_ends(boost::beast::flat_buffer& buffer) {
    const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
    buffer.consume(std::min(text.find_first_not_of("\r\n"), text.size()));
}

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
      client_(address_of(socket_)),
      alarm_(context.engine.loop) {
    sessions_.opened(*this);
}

Session::~Session() { sessions_.closed(*this); }

void Session::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    next_request();
}

void Session::drain() {
    keep_alive_ = false;
    if (!busy_ && buffer_.size() == 0 && !parser_->got_some()) close();
}

void Session::abort() {
    if (call_) call_->interrupt();
    close();
}

// ---- reading ----------------------------------------------------------------------------------

// One read is always waiting, also while a call runs: that is how a hang-up is seen. What a client
// sends ahead is kept for its turn, up to a limit.
void Session::read() {
    if (reading_ || closed_ || (busy_ && buffer_.size() >= k_early_bytes_max)) return;
    reading_ = true;
    if (inbox_.size() != read_bytes_) inbox_ = std::string(read_bytes_, '\0');
    socket_.async_read_some(asio::buffer(inbox_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                self->reading_ = false;
                                self->on_read(error, bytes);
                            });
}

void Session::on_read(error_code error, std::size_t bytes) {
    if (closed_) return;
    if (error) return hung_up();
    buffer_.commit(asio::buffer_copy(buffer_.prepare(bytes), asio::buffer(inbox_, bytes)));
    if (lingering_) {
        lingered_bytes_ += buffer_.size();
        buffer_.clear();
        if (lingered_bytes_ > k_linger_bytes_max) return close();
    }
    if (!busy_) parse();
    read();
}

void Session::parse() {
    if (!parser_->got_some()) skip_line_ends(buffer_);
    while (buffer_.size() > 0) {
        error_code error;
        buffer_.consume(parser_->put(buffer_.data(), error));
        if (error && error != http::error::need_more) return refuse(error);
        if (parser_->is_header_done() && !head_read_) {
            on_head();
            if (const auto reply = check_head(parser_->get())) return refuse(*reply);
            prepare_for_body();
        }
        if (parser_->is_done()) return on_request();
        if (error == http::error::need_more) return;
    }
}

void Session::on_head() {
    head_read_ = true;
    const auto& request = parser_->get();
    http_1_0_ = request.version() < 11;
    keep_alive_ = request.keep_alive() && !context_.draining;
    head_only_ = request.method() == http::verb::head;
    request_id_ = request_id(request["x-request-id"], context_.random);
}

void Session::prepare_for_body() {
    read_bytes_ = std::clamp<std::size_t>(parser_->content_length_remaining().value_or(0),
                                          k_read_bytes, k_body_read_bytes);
    if (parser_->is_done() || http_1_0_) return;
    if (boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
        pending_.append("HTTP/1.1 100 Continue\r\n\r\n");
        flush_soon();
    }
}

// What cannot be read as a request gets one answer, and the connection ends: no resynchronising.
void Session::refuse(error_code error) {
    ErrorReply reply =
        error_reply(400, "invalid_request_error", "malformed_request",
                    fmt::format("The HTTP request cannot be read: {}.", error.message()));
    if (error == http::error::body_limit) {
        if (!head_read_) on_head();  // its length alone was too much
        reply =
            error_reply(413, "invalid_request_error", "request_too_large",
                        fmt::format("The request body is larger than {} bytes (server.max_body).",
                                    context_.host.config.server.max_body_bytes));
    } else if (error == http::error::header_limit) {
        reply = error_reply(
            431, "invalid_request_error", "headers_too_large",
            fmt::format("The request headers are larger than {} bytes.", k_header_bytes_max));
    }
    refuse(reply);
}

void Session::refuse(const ErrorReply& reply) {
    begin_reply();
    refused_ = true;
    keep_alive_ = false;
    log_refusal(reply.status, reply.code);
    respond(reply.status, reply.headers, reply.body);
    finished();
}

void Session::log_refusal(int status, std::string_view code) {
    if (!observe::access_enabled()) return;
    const auto& request = parser_->get();
    context_.access_log.add({.time = std::chrono::system_clock::now(),
                             .request_id = request_id_,
                             .client = client_,
                             .method = std::string_view(request.method_string()),
                             .path = std::string_view(request.target()),
                             .status = status,
                             .outcome = observe::CallOutcome::error,
                             .error = code});
}

void Session::begin_reply() {
    busy_ = true;
    hold_ = shared_from_this();
}

void Session::on_request() {
    begin_reply();
    HttpRequest& request = parser_->get();
    const Answer answer = answer_for(request, context_);
    if (answer.operation) return begin_call(*answer.operation);
    if (!answer.code.empty()) log_refusal(answer.status, answer.code);
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
    call_->start();
}

// ---- a call's reply -------------------------------------------------------------------------

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

// ---- writing --------------------------------------------------------------------------------

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
    const std::size_t written = socket_.write_some(asio::buffer(flight_), error);
    if (error && error != asio::error::would_block) return hung_up();
    if (written == flight_.size()) return on_written();
    asio::async_write(socket_, asio::buffer(flight_) + written,
                      [self = shared_from_this()](error_code failed, std::size_t) {
                          if (self->closed_) return;
                          failed ? self->hung_up() : self->on_written();
                      });
}

void Session::on_written() {
    flight_.clear();
    if (flight_.capacity() > k_buffer_bytes_kept) flight_.shrink_to_fit();
    if (paused_ && pending_.size() < k_pending_bytes_resume) {
        paused_ = false;
        call_->resume();
    }
    flush();
}

void Session::next_request() {
    replied_ = false;
    if (refused_) return linger();
    if (!keep_alive_ || context_.draining) return close();
    const auto hold = std::move(hold_);
    busy_ = false;
    head_read_ = false;
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(k_header_bytes_max);
    parser_->body_limit(context_.host.config.server.max_body_bytes);
    if (buffer_.capacity() > k_buffer_bytes_kept) buffer_.shrink_to_fit();
    read_bytes_ = k_read_bytes;
    http_1_0_ = head_only_ = false;
    request_id_ = request_id({}, context_.random);
    if (buffer_.size() == 0) return read();
    // Sent ahead. Not from here: each of many would be one level deeper.
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (!self->closed_) self->on_read({}, 0);
    });
}

// ---- the end ----------------------------------------------------------------------------------

// Closing with bytes unread would reset the connection, and the reset can overtake the reply.
void Session::linger() {
    lingering_ = true;
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    buffer_.clear();
    alarm_.set(net::Alarm::Clock::now() + k_linger_max, [this] { close(); });
    read();
}

void Session::hung_up() {
    if (call_) call_->abandoned();
    close();
}

void Session::close() {
    if (closed_) return;
    closed_ = true;
    call_.reset();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
    // The caller may be a function of this session that nothing else keeps alive.
    asio::post(socket_.get_executor(), [hold = std::move(hold_)] {});
}

}  // namespace bw::serve
