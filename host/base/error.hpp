// What can go wrong with a call, in one value. Made where the failure is seen, carried unchanged,
// turned into a reply (and logged) once, at the edge.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace bw {

// The first eleven mirror the plugin ABI's bw_status; the rest arise in the host itself.
enum class ErrorKind {
    invalid,
    unsupported,
    auth,
    quota,
    rate,
    upstream,
    protocol,
    internal,
    not_found,
    context_length,
    content_filter,
    unreachable,  // no connection: name not resolved, refused, TLS failed
    timeout,      // one of the four limits; `code` says which
    unavailable,  // the host cannot serve this now: provider not configured, draining
    budget,       // a budget of this host's own has too little left
    cancelled,    // the client is gone; nobody reads the reply
};

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;  // for a person: what, and what to do
    std::string code;     // for programs; empty: the kind's default
    std::string param;    // the request field at fault, if any
    int http_status = 0;  // the upstream's; 0: none
    std::optional<std::chrono::milliseconds> retry_after;
    bool final = false;  // the same request can never succeed, whatever its status says
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message,
                                                 std::string code = {}) {
    return std::unexpected(
        Error{.kind = kind, .message = std::move(message), .code = std::move(code)});
}

}  // namespace bw
