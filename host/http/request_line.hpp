// Parses the first line of a request: method, target and version (RFC 9112, 3). Pure.
#pragma once

#include <expected>
#include <string_view>

#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bellwether::http {

struct RequestLine {
    std::string_view method;
    std::string_view target;
    std::string_view path;
    std::string_view authority;  // of an absolute target
    Version version = Version::http_1_1;
};

// `line` comes without its line end, and must outlive the result, which points into it.
std::expected<RequestLine, Refusal> parse_request_line(std::string_view line);

}  // namespace bellwether::http
