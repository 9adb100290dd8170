#include "front/cors.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace bellwether::front {
namespace {

constexpr std::string_view k_any = "*";
constexpr std::size_t k_asked_headers_max = 64;
constexpr std::size_t k_asked_bytes_max = 2u << 10;

// The response headers that a page may read: all that the host writes for clients. "*" covers
// headers that are added later; older browsers do not know it, so the known ones are named.
constexpr std::string_view k_exposed =
    "access-control-expose-headers: x-request-id, retry-after, retry-after-ms, x-should-retry, "
    "openai-processing-ms, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, "
    "x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, "
    "x-ratelimit-reset-tokens, x-bellwether-provider, x-bellwether-model, x-bellwether-attempts, "
    "x-bellwether-tried, x-bellwether-overhead-ms, x-bellwether-cost, x-bellwether-budget, *\r\n";

bool is_open_to_all(const Origins& origins) {
    return std::ranges::find(origins, k_any) != origins.end();
}

// The origin that the request names; empty: it names none, or two different ones.
std::string_view origin_of(const http::IncomingRequest& request) {
    const std::string_view origin = request.header("origin");
    const bool clear = std::ranges::all_of(request.fields, [origin](const http::Field& field) {
        return field.name != "origin" || field.value == origin;
    });
    return clear ? origin : std::string_view();
}

bool is_allowed(std::string_view origin, const Origins& origins) {
    if (origin.empty()) return false;
    return is_open_to_all(origins) || std::ranges::find(origins, origin) != origins.end();
}

// The headers that a preflight asks for: the valid names, spelt as the browser spells them.
std::string asked_headers(const http::IncomingRequest& request) {
    std::string names;
    std::size_t count = 0;
    for (const http::Field& field : request.fields) {
        if (field.name != "access-control-request-headers") continue;
        std::string_view rest = field.value;
        while (!rest.empty() && count < k_asked_headers_max) {
            const auto comma = std::min(rest.find(','), rest.size());
            const std::string_view name = http::trimmed(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 1, rest.size()));
            if (!http::is_token(name) || names.size() + name.size() > k_asked_bytes_max) continue;
            if (count++ > 0) names += ", ";
            names += name;
        }
    }
    return names;
}

}  // namespace

std::string cors_headers(const http::IncomingRequest& request, const Origins& origins) {
    if (origins.empty()) return {};
    if (is_open_to_all(origins)) {
        return std::string("access-control-allow-origin: *\r\n").append(k_exposed);
    }
    // A cache must not give the answer for one origin to a page of another origin.
    std::string headers = "vary: origin\r\n";
    const std::string_view origin = origin_of(request);
    if (!is_allowed(origin, origins)) return headers;
    return headers.append("access-control-allow-origin: ")
        .append(origin)
        .append("\r\n")
        .append(k_exposed);
}

bool is_preflight(const http::IncomingRequest& request, const Origins& origins) {
    return request.method == "OPTIONS" && is_allowed(origin_of(request), origins) &&
           !request.header("access-control-request-method").empty();
}

Answer preflight_answer(const http::IncomingRequest& request) {
    Answer answer{.status = 204, .content_type = {}};
    answer.headers =
        "access-control-allow-methods: GET, HEAD, POST\r\naccess-control-max-age: 7200\r\n";
    if (const std::string names = asked_headers(request); !names.empty()) {
        answer.headers.append("access-control-allow-headers: ").append(names).append("\r\n");
    }
    // Browsers ask for this as well when a public page calls a host in a private network.
    if (request.header("access-control-request-private-network") == "true") {
        answer.headers.append("access-control-allow-private-network: true\r\n");
    }
    answer.headers.append(
        "vary: access-control-request-method, access-control-request-headers\r\n");
    return answer;
}

}  // namespace bellwether::front
