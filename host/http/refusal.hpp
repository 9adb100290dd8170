// `Refusal` says why a request is not accepted; the client is told so. After a refusal no byte of
// the connection is read as a request any more.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace bellwether::http {

struct Refusal {
    int status = 400;
    std::string_view code;  // of the error envelope; a constant
    std::string message;    // for a person: what is wrong and what would be right
};

inline Refusal malformed(std::string message) {
    return {.status = 400, .code = "malformed_request", .message = std::move(message)};
}

}  // namespace bellwether::http
