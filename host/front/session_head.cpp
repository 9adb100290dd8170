// The part of Session that judges a request's head, and so decides whether its body is read at all.
#include <algorithm>

#include "base/clock.hpp"
#include "front/client_key.hpp"
#include "front/cors.hpp"
#include "front/http_request.hpp"
#include "front/request_id.hpp"
#include "front/session.hpp"
#include "policy/record/call_record.hpp"

namespace bellwether::front {

// False if the request is refused for its head.
bool Session::on_head(bool more_has_come) {
    const http::IncomingRequest& request = inbox_.request();
    const http::Framing& framing = inbox_.parser().framing();
    exchange_.keep_alive = framing.keep_alive && !context_->sends_clients_away();
    exchange_.id = request_id(request.header("x-request-id"), context_->random);
    look_at_origin(request);
    if (!admit(request)) return false;
    if (!count_body()) {
        refuse(no_room_for_body());
        return false;
    }
    if (waits_for_leave(framing, more_has_come)) {
        outbox_.queue().append(k_continue);
        flush_soon();
    }
    if (has_body(framing)) timeouts_.body_begins(Clock::now());
    return true;
}

// The client key is checked before what the request wants, so that a client without a key learns
// nothing and sends no body.
bool Session::admit(const http::IncomingRequest& request) {
    if (const auto refusal = check_host(request, surface().loopback, limits())) {
        refuse(*refusal);
        return false;
    }
    if (preflight()) return true;
    const bool asked = surface().keys != nullptr && !surface().keys->is_open() &&
                       !(surface().keyless != nullptr && surface().keyless(request.path));
    if (asked) {
        const auto caller = identify(request, *surface().keys, Clock::wall());
        if (!caller) {
            context_->metrics.key_refused(static_cast<std::size_t>(caller.error().refusal.fault));
            refuse(caller.error().reply, caller.error().refusal.key);
            return false;
        }
        exchange_.caller = *caller;
    }
    if (const auto refusal = check_content_type(request)) {
        refuse(*refusal);
        return false;
    }
    return true;
}

// Whether the request is a CORS preflight. A preflight is answered without a client key.
bool Session::preflight() const {
    return surface().origins != nullptr && is_preflight(inbox_.request(), *surface().origins);
}

// Makes the CORS headers. This comes before any refusal, because a web page must be able to read
// why it was refused.
void Session::look_at_origin(const http::IncomingRequest& request) {
    if (surface().origins != nullptr) {
        exchange_.origin_headers = cors_headers(request, *surface().origins);
    }
}

// Takes room for the request's body. An announced length counts at once, before any byte has come.
// Without one, or once unpacking has made more than that, the bytes that are held count.
bool Session::count_body() {
    const http::RequestParser& parser = inbox_.parser();
    if (surface().body_room == nullptr || !parser.head_complete()) return true;
    const std::size_t there = parser.request().body.size();
    const std::size_t announced = parser.complete() ? 0 : parser.framing().length;
    return held_body_.set(*surface().body_room, std::max(there, announced));
}

void Session::forget_body() {
    inbox_.request().body = std::string();
    held_body_.release();
}

void Session::refuse(const http::Refusal& refusal) {
    refuse(error_reply(refusal), exchange_.caller);
}

// A refused request gets one answer, and then the connection ends: the host does not look for the
// next request in the bytes that follow.
void Session::refuse(const ErrorReply& error, const config::Key* key) {
    begin_reply(Phase::refused);
    exchange_.keep_alive = false;
    inbox_.forget_kept();
    const http::IncomingRequest& request = inbox_.request();
    const ErrorReply reply = in_dialect(dialect_at(request.path), error);
    if (exchange_.id.empty()) {
        exchange_.id = request_id(request.header("x-request-id"), context_->random);
    }
    if (exchange_.origin_headers.empty()) look_at_origin(request);
    log_refusal(reply.status, reply.code, key);
    respond(reply.status, reply.headers, reply.body);
    reply_made();
}

void Session::log_refusal(int status, std::string_view code, const config::Key* key) {
    const http::IncomingRequest& request = inbox_.request();
    const policy::RefusalRecord record{.request_id = exchange_.id,
                                       .client = client_,
                                       .caller = key,
                                       .method = request.method,
                                       .path = request.path,
                                       .status = status,
                                       .error_code = code};
    policy::count(record, context_->metrics);
    if (!observe::access_enabled()) return;
    context_->access_log.add(policy::access_record(record, Clock::wall()));
}

}  // namespace bellwether::front
