// What a request's head decides: whether the rest of it is read at all.
#include <algorithm>

#include "base/clock.hpp"
#include "front/client_key.hpp"
#include "front/cors.hpp"
#include "front/http_request.hpp"
#include "front/request_id.hpp"
#include "front/session.hpp"

namespace bw::front {

// False if the request is refused for its head.
bool Session::on_head(bool more_has_come) {
    const http::RequestHead& request = inbox_.request();
    const http::Framing& framing = inbox_.parser().framing();
    exchange_.keep_alive = framing.keep_alive && !context_.draining;
    exchange_.id = request_id(request.header("x-request-id"), context_.random);
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
    if (has_body(framing)) patience_.body_begins(Clock::now());
    return true;
}

// Who the client is comes before what it wants: a stranger learns nothing and sends no body.
bool Session::admit(const http::RequestHead& request) {
    if (const auto refusal = check_host(request, surface_.loopback, limits())) {
        refuse(*refusal);
        return false;
    }
    if (preflight()) return true;
    const bool asked = surface_.keys != nullptr && !surface_.keys->empty() &&
                       !(surface_.keyless != nullptr && surface_.keyless(request.path));
    if (asked) {
        const auto caller = identify(request, *surface_.keys, Clock::wall());
        if (!caller) {
            context_.metrics.key_refused(static_cast<std::size_t>(caller.error().refusal.fault));
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

// A browser asks for a page whether it may call; nobody is asked who that is.
bool Session::preflight() const {
    return surface_.origins != nullptr && is_preflight(inbox_.request(), *surface_.origins);
}

// Before anything is refused, for a page must be able to read why.
void Session::look_at_origin(const http::RequestHead& request) {
    if (surface_.origins != nullptr) {
        exchange_.origin_headers = cors_headers(request, *surface_.origins);
    }
}

// A length that is announced counts at once, before any of it has come; without one, and of what is
// unpacked, what there is.
bool Session::count_body() {
    const http::RequestParser& parser = inbox_.parser();
    if (surface_.body_room == nullptr || !parser.head_complete()) return true;
    const std::size_t there = parser.request().body.size();
    const std::size_t announced = parser.complete() ? 0 : parser.framing().length;
    return held_body_.set(*surface_.body_room, std::max(there, announced));
}

void Session::forget_body() {
    inbox_.request().body = std::string();
    held_body_.release();
}

void Session::refuse(const http::Refusal& refusal) {
    refuse(error_reply(refusal), exchange_.caller);
}

// What cannot be read as a request gets one answer, and the connection ends: no resynchronising.
void Session::refuse(const ErrorReply& reply, const config::Key* key) {
    begin_reply(Phase::refused);
    exchange_.keep_alive = false;
    inbox_.forget_kept();
    const http::RequestHead& request = inbox_.request();
    if (exchange_.id.empty()) {
        exchange_.id = request_id(request.header("x-request-id"), context_.random);
    }
    if (exchange_.origin_headers.empty()) look_at_origin(request);
    log_refusal(reply.status, reply.code, key);
    respond(reply.status, reply.headers, reply.body);
    reply_made();
}

void Session::log_refusal(int status, std::string_view code, const config::Key* key) {
    context_.metrics.refused(status, code);
    if (!observe::access_enabled()) return;
    const http::RequestHead& request = inbox_.request();
    context_.access_log.add(
        {.time = Clock::wall(),
         .request_id = exchange_.id,
         .client = client_,
         .key = key == nullptr ? std::string_view() : std::string_view(key->id),
         .team = key == nullptr ? std::string_view() : std::string_view(key->team),
         .method = request.method,
         .path = request.path,  // a query may hold a credential
         .status = status,
         .outcome = observe::CallOutcome::error,
         .error = code});
}

}  // namespace bw::front
