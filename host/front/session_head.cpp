// What a request's head decides: whether the rest of it is read at all.
#include <algorithm>

#include "base/clock.hpp"
#include "front/client_key.hpp"
#include "front/cors.hpp"
#include "front/http_request.hpp"
#include "front/request_id.hpp"
#include "front/session.hpp"

namespace bw::front {

// False if the request is refused for its head. `waits`: the client may wait for leave to send on.
bool Session::on_head(bool waits) {
    const http::Request& request = parser_.request();
    const http::Framing& framing = parser_.framing();
    keep_alive_ = framing.keep_alive && !context_.draining;
    http_1_0_ = request.version == http::Version::http_1_0;
    head_only_ = request.method == "HEAD";
    request_id_ = request_id(request.header("x-request-id"), context_.random);
    look_at_origin(request);
    if (!admit(request)) return false;
    if (!count_body()) {
        refuse(no_room_for_body());
        return false;
    }
    const bool has_body = framing.body == http::Body::chunked || framing.length > 0;
    if (has_body && waits && framing.expects_continue) {
        pending_.append(k_continue);
        flush_soon();
    }
    if (has_body) body_begun_ = Clock::now();
    body_bytes_ = 0;
    return true;
}

// Who the client is comes before what it wants: a stranger learns nothing and sends no body.
bool Session::admit(const http::Request& request) {
    caller_ = nullptr;
    if (const auto refusal = check_host(request, surface_.loopback, limits())) {
        refuse(*refusal);
        return false;
    }
    preflight_ = surface_.origins != nullptr && is_preflight(request, *surface_.origins);
    if (preflight_) return true;
    const bool asked = surface_.keys != nullptr && !surface_.keys->empty() &&
                       !(surface_.keyless != nullptr && surface_.keyless(request.path));
    if (asked) {
        const auto caller = identify(request, *surface_.keys, Clock::wall());
        if (!caller) {
            context_.metrics.key_refused(static_cast<std::size_t>(caller.error().refusal.fault));
            refuse(caller.error().reply, caller.error().refusal.key);
            return false;
        }
        caller_ = *caller;
    }
    if (const auto refusal = check_content_type(request)) {
        refuse(*refusal);
        return false;
    }
    return true;
}

// Before anything is refused, for a page must be able to read why.
void Session::look_at_origin(const http::Request& request) {
    if (surface_.origins != nullptr) origin_headers_ = cors_headers(request, *surface_.origins);
}

// A length that is announced counts at once, before any of it has come; without one, and of what is
// unpacked, what there is.
bool Session::count_body() {
    if (surface_.body_room == nullptr || !parser_.head_complete()) return true;
    const std::size_t there = parser_.request().body.size();
    const std::size_t announced = parser_.complete() ? 0 : parser_.framing().length;
    return held_body_.set(*surface_.body_room, std::max(there, announced));
}

void Session::forget_body() {
    parser_.request().body = std::string();
    held_body_.release();
}

void Session::refuse(const http::Refusal& refusal) { refuse(error_reply(refusal), caller_); }

// What cannot be read as a request gets one answer, and the connection ends: no resynchronising.
void Session::refuse(const ErrorReply& reply, const config::Key* key) {
    begin_reply();
    refused_ = true;
    keep_alive_ = false;
    forget_early();
    const http::Request& request = parser_.request();
    http_1_0_ = request.version == http::Version::http_1_0;
    head_only_ = request.method == "HEAD";
    if (request_id_.empty()) {
        request_id_ = request_id(request.header("x-request-id"), context_.random);
    }
    if (origin_headers_.empty()) look_at_origin(request);
    log_refusal(reply.status, reply.code, key);
    respond(reply.status, reply.headers, reply.body);
    finished();
}

void Session::log_refusal(int status, std::string_view code, const config::Key* key) {
    context_.metrics.refused(status, code);
    if (!observe::access_enabled()) return;
    const http::Request& request = parser_.request();
    context_.access_log.add(
        {.time = Clock::wall(),
         .request_id = request_id_,
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
