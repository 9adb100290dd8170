#include "http/request_line.hpp"

#include <algorithm>
#include <optional>

#include "http/authority.hpp"
#include "http/characters.hpp"

namespace bellwether::http {
namespace {

// Characters that a path may have besides letters, digits and escapes (RFC 3986, 3.3), and those
// that a query may have: "?" as well.
constexpr std::string_view k_path = "/-._~!$&'()*+,;=:@";
constexpr std::string_view k_query = "/-._~!$&'()*+,;=:@?";

Refusal bad_target() {
    return malformed(
        "The request target is not a valid path or URL: it has no spaces, control characters, "
        "bytes above 127 or fragment, and other special characters are percent-encoded.");
}

std::expected<Version, Refusal> parse_version(std::string_view text) {
    const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                             text[6] == '.' && is_digit(text[7]);
    if (!well_formed) {
        return std::unexpected(
            malformed("A request begins with a line of a method, a target and HTTP/1.1, with one "
                      "space between them."));
    }
    if (text[5] != '1') {
        return std::unexpected(Refusal{.status = 505,
                                       .code = "unsupported_http_version",
                                       .message = "The host speaks HTTP/1.1 and HTTP/1.0."});
    }
    return text[7] == '0' ? Version::http_1_0 : Version::http_1_1;
}

// The rest of a target in the absolute form, after "http://" or "https://"; every server must
// accept that form (RFC 9112, 3.2.2). Nothing: the target has another form.
std::optional<std::string_view> after_scheme(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) {
            return target.substr(scheme.size());
        }
    }
    return std::nullopt;
}

bool split_target(RequestLine& line) {
    std::string_view rest = line.target;
    if (rest == "*") {
        line.path = rest;
        return line.method == "OPTIONS";
    }
    if (const auto absolute = after_scheme(rest)) {
        const std::size_t end = std::min(absolute->find_first_of("/?"), absolute->size());
        line.authority = absolute->substr(0, end);
        rest = absolute->substr(end);
        if (!is_authority(line.authority)) return false;
    } else if (!rest.starts_with('/')) {
        return false;
    }
    const std::size_t query = std::min(rest.find('?'), rest.size());
    line.path = rest.substr(0, query);
    return is_made_of(line.path, k_path) && is_made_of(rest.substr(query), k_query);
}

}  // namespace

std::expected<RequestLine, Refusal> parse_request_line(std::string_view text) {
    const std::size_t first = text.find(' ');
    const std::size_t last = text.rfind(' ');
    if (first == text.npos || first == last) {
        return std::unexpected(parse_version({}).error());
    }
    RequestLine line;
    line.method = text.substr(0, first);
    line.target = text.substr(first + 1, last - first - 1);
    const auto version = parse_version(text.substr(last + 1));
    if (!version) return std::unexpected(version.error());
    line.version = *version;
    if (!is_token(line.method)) {
        return std::unexpected(malformed("The request's method is not a name."));
    }
    if (!split_target(line)) return std::unexpected(bad_target());
    return line;
}

}  // namespace bellwether::http
