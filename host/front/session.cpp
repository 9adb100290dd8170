// The part of Session that reads bytes, makes requests of them, and ends the connection.
#include "front/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>
#include <utility>

#include "front/cors.hpp"
#include "front/drained_calls.hpp"
#include "front/http_request.hpp"
#include "front/incoming_call.hpp"

namespace bellwether::front {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using http::ParseStep;

// How often one connection may fill the scratch buffer before other connections have their turn.
constexpr int k_reads_max = 8;

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

Session::Session(Socket socket, Sessions& sessions, ConnectionPlace place)
    : socket_(std::move(socket)),
      sessions_(sessions),
      context_(sessions.context()),
      place_(std::move(place)),
      client_(address_of(socket_)),
      alarm_(context_->engine.loop, [this] { on_time(); }),
      inbox_(context_->http_limits),
      timeouts_(limits()) {
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

void Session::renew() {
    if (phase_ == Phase::waiting || phase_ == Phase::head) use(sessions_.context());
}

void Session::use(std::shared_ptr<Context> context) {
    inbox_.use(context->http_limits);
    timeouts_.use(context->host.config.server.front);
    context_ = std::move(context);
}

void Session::drain() {
    if (!context_->refuses_calls()) return wait_shortly();
    exchange_.keep_alive = false;
    if (phase_ == Phase::waiting && inbox_.kept().empty() && !has_sent()) close();
}

// Of a host that another one follows. A client that sends often gets an answer that tells it to
// connect anew. One that has sent nothing for a while most likely sends nothing at the very moment
// at which the connection is closed.
void Session::wait_shortly() {
    if (phase_ != Phase::waiting) return;
    const auto since = timeouts_.waiting_since(alarm_.due());
    alarm_.set(std::min(alarm_.due(), ClientTimeouts::for_last_request(since)));
}

// Whether the client has sent what was not read yet: the beginning of another request.
bool Session::has_sent() const {
    error_code error;
    return socket_.available(error) > 0;
}

void Session::end_plain_call() {
    if (reads(phase_)) return close();
    if (call_ && !call_->is_stream() && phase_ == Phase::answering) {
        call_->interrupt(CutOff::host_ends);
    }
}

void Session::abort(CutOff why) {
    if (call_) call_->interrupt(why);
    close();
}

// ---- bytes ------------------------------------------------------------------------------------

// A read is pending as long as there is room for what it brings, also while a call runs, because
// only a read shows that the client has hung up. What the client sends ahead of its reply is kept,
// up to a limit.
void Session::read() {
    if (phase_ == Phase::closed || !inbox_.wants_read()) return;
    inbox_.read_begins();
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                self->inbox_.read_ends();
                                self->on_read(error, bytes);
                            });
}

void Session::on_read(error_code error, std::size_t bytes) {
    if (phase_ == Phase::closed) return;
    if (error == asio::error::eof) return on_input_end();
    if (error) return hung_up();
    with_memory([this, bytes] {
        take({buffer_.data(), bytes});
        if (bytes == buffer_.size()) read_at_once();
    });
    read();
}

// Catches a lack of memory where a request's body is handled, because only a body, and what is made
// of it, can be large.
template <typename Work>
void Session::with_memory(const Work& work) {
    try {
        work();
    } catch (const std::bad_alloc&) {
        out_of_memory();
    }
}

// The request's body is freed before the refusal is made, because the refusal needs memory, too.
void Session::out_of_memory() {
    if (phase_ == Phase::closed) return;
    if (call_) return call_->give_up(bellwether::out_of_memory());
    if (phase_ > Phase::answering) return close();
    inbox_.request().body = std::string();
    refuse(error_reply(bellwether::out_of_memory()), exchange_.caller);
}

// Reads on without waiting after a full buffer, because more bytes have most likely come. It stops
// when an asynchronous read is pending, because that read must get the next bytes.
void Session::read_at_once() {
    for (int i = 0; i < k_reads_max && inbox_.wants_read(); ++i) {
        const bool reads_on = reads(phase_) && inbox_.kept().empty();
        if (!reads_on && phase_ != Phase::lingering) return;
        error_code error;
        const std::size_t bytes = socket_.read_some(asio::buffer(context_->scratch), error);
        if (error == asio::error::would_block) return;
        if (error) return on_read(error, 0);
        take({context_->scratch.data(), bytes});
        if (bytes < context_->scratch.size()) return;
    }
}

void Session::take(std::string_view bytes) {
    if (phase_ == Phase::lingering) {
        if (!inbox_.throw_away(bytes.size())) close();
    } else if (!reads(phase_) || !inbox_.kept().empty()) {
        inbox_.keep(bytes);  // until the request before these bytes has its reply
    } else {
        inbox_.keep(parse(bytes));
        parsed(bytes.size());
    }
}

// Reads the bytes that the client sent ahead of the last reply.
void Session::take_kept() {
    if (!reads(phase_)) return;
    with_memory([this] {
        const std::string_view bytes = inbox_.kept();
        const std::size_t size = bytes.size();
        inbox_.keep_last(parse(bytes).size());
        parsed(size);
    });
    read();
}

// Reads one request, or a part of one, and returns the bytes that follow it.
std::string_view Session::parse(std::string_view bytes) {
    for (;;) {
        switch (inbox_.feed(bytes)) {
            case ParseStep::head:
                if (on_head(!bytes.empty())) break;
                return {};
            case ParseStep::refused: refuse(inbox_.parser().refusal()); return {};
            case ParseStep::more:
            case ParseStep::request:
                if (count_body()) return bytes;
                refuse(no_room_for_body());
                return {};
        }
    }
}

void Session::parsed(std::size_t bytes) {
    if (!reads(phase_)) return;
    const Phase before = std::exchange(phase_, reading_phase(inbox_.parser()));
    if (inbox_.parser().complete()) {
        on_request();
    } else {
        wait_for_rest(before, bytes);
    }
    if (inbox_.ended()) on_input_end();
}

// Sets the deadline for the rest of a request. A head has one deadline for all of it; that of a
// body moves as bytes come.
void Session::wait_for_rest(Phase before, std::size_t bytes) {
    if (phase_ == Phase::body) alarm_.set(timeouts_.for_body(bytes, Clock::now()));
    if (phase_ == Phase::head && before == Phase::waiting) {
        alarm_.set(timeouts_.for_head(Clock::now()));
    }
}

// ---- requests -----------------------------------------------------------------------------------

void Session::begin_reply(Phase phase) {
    phase_ = phase;
    hold_ = shared_from_this();
    alarm_.clear();
}

void Session::on_request() {
    begin_reply(Phase::answering);
    Answer made = make_answer();
    if (made.operation) return begin_call(*made.operation);
    if (made.later) return answer_later(made.later);
    answer(std::move(made));
}

void Session::answer(Answer answer) {
    if (!answer.code.empty()) log_refusal(answer.status, answer.code, exchange_.caller);
    ResponseHead reply = head(answer.status, answer.headers);
    reply.content_type = answer.content_type;
    append_response(outbox_.queue(), reply, answer.body, head_only());
    finished();
}

// The session is held only weakly, because the other thread must not be the last to hold it.
void Session::answer_later(const LaterAnswer& begin) {
    begin([executor = socket_.get_executor(), session = weak_from_this()](Answer made) {
        asio::post(executor, [session, made = std::move(made)]() mutable {
            const auto self = session.lock();
            if (self && self->phase_ == Phase::answering) self->answer(std::move(made));
        });
    });
}

Answer Session::make_answer() {
    const http::IncomingRequest& request = inbox_.request();
    return preflight() ? preflight_answer(request)
                       : surface().pages(request, *context_, exchange_.caller);
}

void Session::begin_call(Operation operation) {
    http::IncomingRequest& request = inbox_.request();
    Call call = incoming_call(request, operation, exchange_.id, exchange_.caller, context_->random);
    take_user(call, request, context_->host.config.server.user_header);
    take_forwarded(call, request, context_->host.kept_headers);
    call_ = std::make_unique<LiveCall>(*context_, static_cast<Downstream&>(*this), std::move(call),
                                       exchange_.caller, client_);
    call_->start();
}

// ---- the end ------------------------------------------------------------------------------------

void Session::on_input_end() {
    inbox_.end();
    switch (at_input_end(phase_, inbox_)) {
        case AtInputEnd::nothing: return;
        case AtInputEnd::close: return close();
        case AtInputEnd::probe: return probe();
        case AtInputEnd::refuse:
            return refuse(http::malformed("The connection ended within a request."));
    }
}

void Session::probe() {
    switch (probe_for(phase_, inbox_.request().version, exchange_.bytes)) {
        case Probe::none: return hung_up();
        case Probe::comment: append_comment(outbox_.queue(), {}, chunked()); break;
        case Probe::leading_zero:
            outbox_.queue().append("0");
            exchange_.probed = true;
            break;
        case Probe::next_bytes: break;
        case Probe::interim_response: outbox_.queue().append(k_continue); break;
    }
    flush();
    if (phase_ == Phase::closed) return;
    socket_.async_wait(Socket::wait_error, [self = shared_from_this()](error_code error) {
        if (!error && self->phase_ != Phase::closed) self->hung_up();
    });
}

void Session::on_time() {
    switch (at_time_up(phase_)) {
        case AtTimeUp::close:
            if (phase_ == Phase::waiting && has_sent()) return;  // the read that is due goes on
            return close();
        case AtTimeUp::hang_up: return hung_up();
        case AtTimeUp::refuse:
            return refuse(phase_ == Phase::body
                              ? too_slow("body", "body_timeout, server.min_body_rate")
                              : too_slow("head", "header_timeout"));
    }
}

// Goes on reading, because to close with bytes unread would reset the connection, and the reset can
// overtake the reply.
void Session::linger() {
    phase_ = Phase::lingering;
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    inbox_.forget_kept();
    alarm_.set(ClientTimeouts::for_lingering(Clock::now()));
    read();
}

void Session::hung_up() {
    if (call_) leave_call();
    close();
}

void Session::leave_call() {
    const config::OnDisconnect then = call_->on_disconnect();
    if (!then.drains) return call_->abandoned();
    context_->drained_calls.adopt(context_, std::move(call_), std::move(held_body_), then.longest);
}

void Session::close() {
    if (phase_ == Phase::closed) return;
    const bool unfinished = phase_ == Phase::streaming && exchange_.bytes;
    phase_ = Phase::closed;
    alarm_.clear();
    call_.reset();
    forget_body();
    error_code ignored;
    if (exchange_.resets || unfinished) {
        socket_.set_option(Socket::linger(true, 0), ignored);
    } else {
        socket_.shutdown(Socket::shutdown_both, ignored);
    }
    socket_.close(ignored);
    // Lets the session go from the loop, not here: the caller may be one of its own functions.
    asio::post(socket_.get_executor(), [hold = std::move(hold_)] {});
}

}  // namespace bellwether::front
