#include "front/http_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/ascii.hpp"
#include "http/authority.hpp"
#include "http/characters.hpp"

namespace bellwether::front {
namespace {

// Whether the client used an address: IPv6 stands in brackets, and no DNS name consists of digits
// and dots only, so such a text is IPv4.
bool is_address(std::string_view authority, std::string_view host) {
    return authority.starts_with('[') ||
           std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_localhost(std::string_view host) {
    constexpr std::string_view k_name = "localhost";
    if (host.size() < k_name.size()) return false;
    const auto rest = host.size() - k_name.size();
    return http::equals_ignoring_case(host.substr(rest), k_name) &&
           (rest == 0 || host[rest - 1] == '.');
}

std::string headers_of(const http::Refusal& refusal) {
    if (refusal.code == "unsupported_content_encoding") return "accept-encoding: gzip, deflate\r\n";
    if (refusal.status == 503) return "retry-after: 1\r\n";
    return {};
}

}  // namespace

bool is_json(std::string_view content_type) {
    const std::string_view type = http::trimmed(content_type.substr(0, content_type.find(';')));
    return http::equals_ignoring_case(type, "application/json");
}

// DNS rebinding: an attacker can give the domain of his web page this machine's loopback address,
// and browsers then let the page read what the host answers under that name. So a loopback listener
// answers only to localhost, to addresses, and to names of server.hosts. On any other listener such
// a page would lack a client key, so names are checked only if server.hosts has some.
std::optional<http::Refusal> check_host(const http::IncomingRequest& request, bool loopback,
                                        const config::Front& front) {
    if (!loopback && front.hosts.empty()) return std::nullopt;
    std::string_view host = http::host_of(request.authority);
    if (is_address(request.authority, host)) return std::nullopt;
    if (host.ends_with('.')) host.remove_suffix(1);
    if (is_localhost(host)) return std::nullopt;
    const bool known = std::ranges::any_of(front.hosts, [host](const std::string& name) {
        return http::equals_ignoring_case(host, name);
    });
    if (known) return std::nullopt;
    return http::Refusal{
        .status = 421,
        .code = "misdirected_request",
        .message = fmt::format("The host does not answer to the name {}. Use localhost or an IP "
                               "address, or add the name to server.hosts.",
                               host)};
}

std::optional<http::Refusal> check_content_type(const http::IncomingRequest& request) {
    if (request.method != "POST") return std::nullopt;
    if (is_json(request.header("content-type"))) return std::nullopt;
    return http::Refusal{
        .status = 415, .code = "unsupported_media_type", .message = std::string(k_send_json)};
}

http::Refusal no_room_for_body() {
    return {.status = 503,
            .code = "too_many_bodies",
            .message =
                "The bodies of the requests that the host is answering take as much room as "
                "they may (server.max_bodies)."};
}

ErrorReply error_reply(const http::Refusal& refusal) {
    const bool own_fault = refusal.status == 503;
    ErrorReply reply =
        error_reply(refusal.status, own_fault ? "server_error" : "invalid_request_error",
                    refusal.code, refusal.message);
    reply.headers = headers_of(refusal);
    return reply;
}

}  // namespace bellwether::front
