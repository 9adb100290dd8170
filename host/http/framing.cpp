#include "http/framing.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "http/authority.hpp"
#include "http/characters.hpp"

namespace bellwether::http {
namespace {

using Problem = std::optional<Refusal>;

// How often the request has each of the fields that it may have once only.
struct SeenFields {
    int host = 0;
    int length = 0;
    int transfer = 0;
    int packing = 0;
    std::string_view transfer_value;
};

Problem read_host(IncomingRequest& request, std::string_view value) {
    if (!is_authority(value)) {
        return malformed("The Host header is not a host name or address with perhaps a port.");
    }
    if (request.authority.empty()) request.authority = value;  // the target's counts more
    return std::nullopt;
}

// A length has digits only: no sign, no list. A number of more than 19 digits might overflow.
Problem read_length(Framing& framing, std::string_view value, const MessageLimits& limits) {
    constexpr std::size_t k_digits_max = 19;
    if (value.empty() || value.size() > k_digits_max || !std::ranges::all_of(value, is_digit)) {
        return malformed("Content-Length is not one whole number.");
    }
    std::size_t length = 0;
    for (const char c : value) length = length * 10 + static_cast<std::size_t>(c - '0');
    if (length > limits.body_bytes) return too_large(limits);
    framing.body = Body::counted;
    framing.length = length;
    return std::nullopt;
}

void read_connection(Framing& framing, std::string_view value, bool& close) {
    for (std::size_t end = 0; end != value.npos; value.remove_prefix(end + 1)) {
        end = value.find(',');
        const std::string_view option = trimmed(value.substr(0, end));
        if (equals_ignoring_case(option, "close")) close = true;
        if (equals_ignoring_case(option, "keep-alive")) framing.keep_alive = true;
        if (end == value.npos) return;
    }
}

Problem read_expect(Framing& framing, std::string_view value, Version version) {
    if (version == Version::http_1_0) return std::nullopt;  // HTTP/1.0 does not have the field
    if (!equals_ignoring_case(value, "100-continue")) {
        return Refusal{.status = 417,
                       .code = "unsupported_expectation",
                       .message = "The only Expect served is 100-continue."};
    }
    framing.expects_continue = true;
    return std::nullopt;
}

Problem read_packing(Framing& framing, std::string_view value, int count) {
    const auto packing = count == 1 ? packing_named(value) : std::nullopt;
    if (packing) {
        framing.packing = *packing;
    } else {
        return Refusal{.status = 415,
                       .code = "unsupported_content_encoding",
                       .message =
                           "Send the request body as it is, or with one Content-Encoding: "
                           "gzip or deflate."};
    }
    return std::nullopt;
}

Problem read_field(IncomingRequest& request, const Field& field, Framing& framing, SeenFields& seen,
                   bool& close, const MessageLimits& limits) {
    const auto& [name, value] = field;
    if (name == "host") return ++seen.host, read_host(request, value);
    if (name == "content-length") {
        // Two lengths are refused even if they are equal: another server might not compare them.
        if (++seen.length > 1) return malformed("A request has at most one Content-Length.");
        return read_length(framing, value, limits);
    }
    if (name == "transfer-encoding") {
        ++seen.transfer;
        seen.transfer_value = value;
    } else if (name == "connection") {
        read_connection(framing, value, close);
    } else if (name == "expect") {
        return read_expect(framing, value, request.version);
    } else if (name == "content-encoding") {
        return read_packing(framing, value, ++seen.packing);
    }
    return std::nullopt;
}

Problem check_transfer(const SeenFields& seen, Version version) {
    if (seen.length != 0) {
        return malformed("A request has either Content-Length or Transfer-Encoding, not both.");
    }
    if (version == Version::http_1_0) {
        return malformed("Transfer-Encoding does not exist in HTTP/1.0.");
    }
    if (seen.transfer > 1 || !equals_ignoring_case(seen.transfer_value, "chunked")) {
        return Refusal{.status = 501,
                       .code = "unsupported_transfer_encoding",
                       .message = "The only Transfer-Encoding served is chunked."};
    }
    return std::nullopt;
}

}  // namespace

Refusal too_large(const MessageLimits& limits) {
    return {.status = 413,
            .code = "request_too_large",
            .message = "The request body is larger than " + std::to_string(limits.body_bytes) +
                       " bytes (server.max_body)."};
}

std::expected<Framing, Refusal> read_framing(IncomingRequest& request,
                                             const MessageLimits& limits) {
    Framing framing{.keep_alive = request.version == Version::http_1_1};
    SeenFields seen;
    bool close = false;
    Problem too_much;  // a refusal other than 400: reported only if the framing is not malformed
    for (const Field& field : request.fields) {
        if (auto problem = read_field(request, field, framing, seen, close, limits)) {
            if (problem->status == 400) return std::unexpected(std::move(*problem));
            if (!too_much) too_much = std::move(problem);
        }
    }
    if (seen.host > 1 || (seen.host == 0 && request.version == Version::http_1_1)) {
        return std::unexpected(malformed("A request needs exactly one Host header."));
    }
    if (seen.transfer > 0) {
        if (auto problem = check_transfer(seen, request.version)) {
            return std::unexpected(std::move(*problem));
        }
        framing.body = Body::chunked;
    }
    if (too_much) return std::unexpected(std::move(*too_much));
    if (request.method == "POST" && seen.length == 0 && seen.transfer == 0) {
        return std::unexpected(Refusal{.status = 411,
                                       .code = "length_required",
                                       .message = "Send a Content-Length, or the body in chunks."});
    }
    if (close) framing.keep_alive = false;
    return framing;
}

}  // namespace bellwether::http
