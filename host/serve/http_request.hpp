// What the host insists on before it reads a request's body, besides what makes it HTTP.
#pragma once

#include <optional>

#include "config/config.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"
#include "serve/error_reply.hpp"

namespace bw::serve {

// Why a request with this head is refused, if it is.
std::optional<http::Refusal> check_head(const http::Request& request, const config::Server& server);

// As the client sees it.
ErrorReply error_reply(const http::Refusal& refusal);

}  // namespace bw::serve
