// What the host insists on before it reads a request's body, besides what makes it HTTP and a
// client key.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.hpp"
#include "front/error_reply.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bw::front {

inline constexpr std::string_view k_send_json =
    "Send the request body as JSON, with content-type: application/json.";

// Whether the value of Content-Type says so.
bool is_json(std::string_view content_type);

// Whether the host answers to the name that the request calls it by. `loopback`: the listener is
// reached from this machine only.
std::optional<http::Refusal> check_host(const http::RequestHead& request, bool loopback,
                                        const config::Front& front);

// A web page can post text anywhere without asking; it cannot post JSON without the browser asking
// this host first, which agrees for pages of server.cors_origins only.
std::optional<http::Refusal> check_content_type(const http::RequestHead& request);

// The room for request bodies is taken (front/body_room.hpp).
http::Refusal no_room_for_body();

// As the client sees it.
ErrorReply error_reply(const http::Refusal& refusal);

}  // namespace bw::front
