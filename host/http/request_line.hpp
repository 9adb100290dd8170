// The first line of a request: method, target and version (RFC 9112, 3).
#pragma once

#include <expected>
#include <string_view>

#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bw::http {

struct RequestLine {
    std::string_view method;
    std::string_view target;
    std::string_view path;
    std::string_view authority;  // of an absolute target
    Version version = Version::http_1_1;
};

// `line` is without its line end.
std::expected<RequestLine, Refusal> parse_request_line(std::string_view line);

}  // namespace bw::http
