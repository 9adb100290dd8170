// Reading: from bytes to requests, and what ends a connection.
#include "front/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>

#include "front/cors.hpp"
#include "front/drained_calls.hpp"
#include "front/http_request.hpp"
#include "front/incoming_call.hpp"

namespace bw::front {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using http::Step;

// What a client may send ahead of the reply that it waits for.
constexpr std::size_t k_early_bytes_max = 64u << 10;
// How often the scratch buffer is filled before others have their turn.
constexpr int k_reads_max = 8;

constexpr std::size_t k_linger_bytes_max = 64u << 20;
constexpr std::chrono::seconds k_linger_max{2};

std::string address_of(const Socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? std::string("-")
                 : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

http::Refusal too_slow(std::string_view what, std::string_view key) {
    return {.status = 408,
            .code = "request_timeout",
            .message = fmt::format("The request's {} came too slowly (server.{}).", what, key)};
}

}  // namespace

Session::Session(Socket socket, Context& context, Sessions& sessions, Surface surface, Place place)
    : socket_(std::move(socket)),
      context_(context),
      sessions_(sessions),
      surface_(surface),
      place_(std::move(place)),
      client_(address_of(socket_)),
      alarm_(context.engine.loop, [this] { on_time(); }),
      parser_(context.http_limits) {
    sessions_.opened(*this);
}

Session::~Session() { sessions_.closed(*this); }

void Session::start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    if (!place_.beyond_limit()) return next_request();
    refuse({.status = 503,
            .code = "too_many_connections",
            .message = "The host has as many connections as it is allowed to have "
                       "(server.max_connections, server.max_connections_per_client)."});
}

void Session::drain() {
    keep_alive_ = false;
    if (!busy_ && early_.empty() && !parser_.begun()) close();
}

void Session::abort() {
    if (call_) call_->interrupt();
    close();
}

// ---- bytes ------------------------------------------------------------------------------------

// One read is always waiting, also while a call runs: that is how a hang-up is seen. What a client
// sends ahead is kept for its turn, up to a limit.
void Session::read() {
    if (reading_ || closed_ || input_ended_) return;
    if (early_.size() - early_taken_ >= k_early_bytes_max) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(inbox_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                self->reading_ = false;
                                self->on_read(error, bytes);
                            });
}

void Session::on_read(error_code error, std::size_t bytes) {
    if (closed_) return;
    if (error == asio::error::eof) return on_input_end();
    if (error) return hung_up();
    with_memory([this, bytes] {
        take({inbox_.data(), bytes});
        if (bytes == inbox_.size()) read_at_once();
    });
    read();
}

// A request's body, and what is made of it, are the only things here that can be large.
template <typename Work>
void Session::with_memory(const Work& work) {
    try {
        work();
    } catch (const std::bad_alloc&) {
        out_of_memory();
    }
}

// What there is of the request goes first: its answer needs memory, too.
void Session::out_of_memory() {
    if (closed_) return;
    if (call_) return call_->give_up(bw::out_of_memory());
    if (replied_ || streaming_) return close();
    parser_.request().body = std::string();
    refuse(error_reply(bw::out_of_memory()), caller_);
}

// More than fits into the inbox has most likely come already.
void Session::read_at_once() {
    for (int i = 0; i < k_reads_max && !closed_; ++i) {
        if (!lingering_ && (busy_ || !early_.empty())) return;
        error_code error;
        const std::size_t bytes = socket_.read_some(asio::buffer(context_.scratch), error);
        if (error == asio::error::would_block) return;
        if (error) return on_read(error, 0);
        take({context_.scratch.data(), bytes});
        if (bytes < context_.scratch.size()) return;
    }
}

void Session::take(std::string_view bytes) {
    if (lingering_) {
        lingered_bytes_ += bytes.size();
        if (lingered_bytes_ > k_linger_bytes_max) close();
    } else if (busy_ || !early_.empty()) {
        early_.append(bytes);  // its turn comes after what came before it
    } else {
        const std::size_t before = bytes.size();
        parse(bytes);
        early_.assign(bytes);
        if (parser_.complete() && !refused_) return on_request();
        if (!busy_ && !closed_) wait_for_rest(before);
    }
}

void Session::take_next() {
    with_memory([this] { take_early(); });
}

// What was sent ahead of the last reply: its turn has come.
void Session::take_early() {
    if (closed_) return;
    std::string_view bytes = std::string_view(early_).substr(early_taken_);
    const std::size_t before = bytes.size();
    parse(bytes);
    early_taken_ = early_.size() - bytes.size();
    if (bytes.empty()) {
        forget_early();
    } else if (early_taken_ > k_early_bytes_max) {
        early_.erase(0, early_taken_);
        early_taken_ = 0;
    }
    if (parser_.complete() && !refused_) {
        on_request();
        if (input_ended_ && busy_) return probe();  // nothing will be read that shows a hang-up
    } else if (!busy_ && !closed_) {
        if (input_ended_) return on_input_end();
        wait_for_rest(before);
    }
    read();
}

void Session::forget_early() {
    early_ = {};
    early_taken_ = 0;
}

void Session::parse(std::string_view& bytes) {
    for (;;) {
        switch (parser_.feed(bytes)) {
            case Step::head:
                if (on_head(bytes.empty())) break;
                bytes = {};
                return;
            case Step::refused: bytes = {}; return refuse(parser_.refusal());
            case Step::more:
            case Step::request:
                if (count_body()) return;
                bytes = {};
                return refuse(no_room_for_body());
        }
    }
}

// A head has one time for all of it. A body may be long; it must not pause for long, and not
// trickle.
void Session::wait_for_rest(std::size_t bytes) {
    if (!parser_.begun()) return;
    const config::Front& limit = limits();
    if (!parser_.head_complete()) {
        if (!head_begun_) alarm_.set(Clock::now() + limit.header_timeout);
        head_begun_ = true;
        return;
    }
    body_bytes_ += bytes;
    const std::chrono::milliseconds earned(body_bytes_ * 1000 / limit.body_rate_min);
    alarm_.set(
        std::min(Clock::now() + limit.body_timeout, body_begun_ + limit.body_timeout + earned));
}

// ---- requests -----------------------------------------------------------------------------------

void Session::begin_reply() {
    busy_ = true;
    hold_ = shared_from_this();
    alarm_.clear();
}

void Session::on_request() {
    begin_reply();
    const Answer answer = make_answer();
    if (answer.operation) return begin_call(*answer.operation);
    if (!answer.code.empty()) log_refusal(answer.status, answer.code, caller_);
    ResponseHead reply = head(answer.status, answer.headers);
    reply.content_type = answer.content_type;
    append_response(pending_, reply, answer.body, head_only_);
    finished();
}

Answer Session::make_answer() {
    const http::Request& request = parser_.request();
    return preflight_ ? preflight_answer(request) : surface_.pages(request, context_, caller_);
}

void Session::begin_call(Operation operation) {
    http::Request& request = parser_.request();
    Call call = incoming_call(request, operation, request_id_, caller_, context_.random);
    take_user(call, request, context_.host.config.server.user_header);
    take_forwarded(call, request, context_.host.config.providers);
    call_ = std::make_unique<LiveCall>(context_, static_cast<Downstream&>(*this), std::move(call),
                                       caller_, client_);
    call_->start();
}

// ---- the end ------------------------------------------------------------------------------------

// The client has closed its sending side. Between requests that is the end; within one it is a
// mistake; after one it may be either a client that waits for the reply or one that has hung up.
void Session::on_input_end() {
    input_ended_ = true;
    if (lingering_) return close();
    if (busy_) return probe();
    if (!early_.empty()) return;  // a whole request may be among it: take_early looks
    if (!parser_.begun()) return close();
    refuse(http::malformed("The connection ended within a request."));
}

// TCP shows a hang-up and a half-close alike. So the client is sent something that means nothing to
// it: the system of one that is gone answers with a reset, at once.
void Session::probe() {
    if (replied_) return;
    if (streaming_) {
        append_comment(pending_, {}, !http_1_0_);
    } else if (!http_1_0_) {
        pending_.append(k_continue);
    } else {
        return hung_up();  // HTTP/1.0 has nothing that means nothing
    }
    flush();
    if (closed_) return;
    socket_.async_wait(Socket::wait_error, [self = shared_from_this()](error_code error) {
        if (!error && !self->closed_) self->hung_up();
    });
}

void Session::on_time() {
    if (lingering_) return close();
    if (busy_) return hung_up();  // it does not take its reply
    if (!parser_.begun()) return close();
    refuse(parser_.head_complete() ? too_slow("body", "body_timeout, server.min_body_rate")
                                   : too_slow("head", "header_timeout"));
}

// Closing with bytes unread would reset the connection, and the reset can overtake the reply.
void Session::linger() {
    if (input_ended_) return close();
    lingering_ = true;
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    forget_early();
    alarm_.set(Clock::now() + k_linger_max);
    read();
}

void Session::hung_up() {
    if (call_) leave_call();
    close();
}

void Session::leave_call() {
    const config::OnDisconnect then = call_->on_disconnect();
    if (!then.drains) return call_->abandoned();
    context_.drained_calls.adopt(std::move(call_), std::move(held_body_), then.longest);
}

void Session::close() {
    if (closed_) return;
    closed_ = true;
    alarm_.clear();
    call_.reset();
    forget_body();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
    // The caller may be a function of this session that nothing else keeps alive.
    asio::post(socket_.get_executor(), [hold = std::move(hold_)] {});
}

}  // namespace bw::front
