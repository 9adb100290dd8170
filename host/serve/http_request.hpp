// A request as Beast parsed it, and what the host insists on before it reads any further.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "serve/error_reply.hpp"

namespace bw::serve {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Why a request with this head is refused, if it is. Framing that two readers could understand
// differently is never let through: behind it, a second request could hide.
std::optional<ErrorReply> check_head(const HttpRequest& request);

}  // namespace bw::serve
