// `Error` is one value for whatever can go wrong with a call. It is made where the failure is seen
// and carried on unchanged; `front` turns the error that ends a call into the reply, once.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace bellwether {

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
    timeout,      // a time limit has passed; `code` says which one
    unavailable,  // the host cannot serve this now: provider not configured, draining
    budget,       // a budget of this host's own has too little left
    cancelled,    // the client is gone; nobody reads the reply
};

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;  // what is wrong and what to do; the client reads it, so no addresses
    std::string code;     // for programs; empty: the kind's default
    std::string param;    // the request field at fault, if any
    int http_status = 0;  // the status that the upstream answered; 0: none
    std::optional<std::chrono::milliseconds> retry_after;
    bool by_client = false;  // the client's own time limit has passed, which says nothing of others
    // The client must not send the request again, whatever the status says: it can never succeed,
    // or the host itself has tried it as often as it may.
    bool final = false;
    std::string detail;  // the message for the operator, with addresses; empty: the same message
    std::string raw;     // the upstream's own answer, for a client of its dialect; empty: none

    const std::string& for_operator() const { return detail.empty() ? message : detail; }
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message,
                                                 std::string code = {}) {
    return std::unexpected(
        Error{.kind = kind, .message = std::move(message), .code = std::move(code)});
}

// The error for a request, or for its answer, for which the process gets no memory at the moment.
[[nodiscard]] inline Error out_of_memory() {
    return {.kind = ErrorKind::unavailable,
            .message = "The host has no memory left for this request; try again.",
            .code = "host_out_of_memory",
            .retry_after = std::chrono::seconds(1)};
}

}  // namespace bellwether
