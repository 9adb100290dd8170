#include "serve/http_request.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <string_view>

namespace bw::serve {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;

ErrorReply malformed(std::string_view message) {
    return error_reply(400, "invalid_request_error", "malformed_request", message);
}

std::optional<ErrorReply> check_framing(const HttpRequest& request) {
    const auto codings = request.count(http::field::transfer_encoding);
    if (codings == 0) return std::nullopt;
    if (request.count(http::field::content_length) != 0) {
        return malformed("A request has either Content-Length or Transfer-Encoding, not both.");
    }
    if (request.version() < 11) {
        return malformed("Transfer-Encoding does not exist in HTTP/1.0.");
    }
    if (codings > 1 || !iequals(request[http::field::transfer_encoding], "chunked")) {
        return error_reply(501, "invalid_request_error", "unsupported_transfer_encoding",
                           "The only Transfer-Encoding served is chunked.");
    }
    return std::nullopt;
}

std::optional<ErrorReply> check_host(const HttpRequest& request) {
    const auto hosts = request.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version() >= 11)) {
        return malformed("A request needs exactly one Host header.");
    }
    return std::nullopt;
}

// A web page can post text anywhere without asking; it cannot post JSON without the browser asking
// this host first, which does not agree.
std::optional<ErrorReply> check_content_type(const HttpRequest& request) {
    if (request.method() != http::verb::post) return std::nullopt;
    std::string_view type(request[http::field::content_type]);
    type = type.substr(0, type.find(';'));
    type = type.substr(0, type.find_last_not_of(" \t") + 1);
    if (iequals(type, "application/json")) return std::nullopt;
    return error_reply(415, "invalid_request_error", "unsupported_media_type",
                       "Send the request body as JSON, with content-type: application/json.");
}

}  // namespace

std::optional<ErrorReply> check_head(const HttpRequest& request) {
    if (auto refused = check_framing(request)) return refused;
    if (auto refused = check_host(request)) return refused;
    return check_content_type(request);
}

}  // namespace bw::serve
