// Checks of a request's head that the host makes before it reads the body. The form of HTTP is
// checked in http/request_parser.hpp, and the client key in front/client_key.hpp.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.hpp"
#include "front/error_reply.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bellwether::front {

inline constexpr std::string_view k_send_json =
    "Send the request body as JSON, with content-type: application/json.";

// Whether this value of Content-Type means JSON.
bool is_json(std::string_view content_type);

// Refuses a request that calls the host by a name to which it does not answer. `loopback`: only
// this machine can reach the listener.
std::optional<http::Refusal> check_host(const http::IncomingRequest& request, bool loopback,
                                        const config::Front& front);

// Refuses a POST that is not declared as JSON. A web page can post text to any host without asking.
// Before it posts JSON the browser asks this host, which allows only pages of server.cors_origins.
std::optional<http::Refusal> check_content_type(const http::IncomingRequest& request);

// The refusal of a body that exceeds the room for all bodies together (front/body_room.hpp).
http::Refusal no_room_for_body();

// The refusal as the client sees it.
ErrorReply error_reply(const http::Refusal& refusal);

}  // namespace bellwether::front
