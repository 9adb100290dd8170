// What the host insists on before it reads a request's body, besides what makes it HTTP.
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

// Why a request with this head is refused, if it is.
std::optional<http::Refusal> check_head(const http::Request& request, const config::Server& server);

// As the client sees it.
ErrorReply error_reply(const http::Refusal& refusal);

}  // namespace bw::front
