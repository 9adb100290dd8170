// Finds out who calls by the client key in a request's head, and makes the error reply for a client
// without a valid one. Pure: the caller passes the time.
#pragma once

#include <chrono>
#include <expected>
#include <string_view>

#include "front/error_reply.hpp"
#include "http/request.hpp"
#include "policy/keys/key_ring.hpp"

namespace bellwether::front {

// `RefusedClient` is a client that is turned away: `refusal` is for the operator's metrics and log,
// `reply` for the client.
struct RefusedClient {
    policy::KeyRefusal refusal;
    ErrorReply reply;
};

// The key comes as `Authorization: Bearer KEY` or as `x-api-key: KEY`; if a request has several
// keys, they must all be the same.
std::expected<const config::Key*, RefusedClient> identify(
    const http::IncomingRequest& request, const policy::KeyRing& keys,
    std::chrono::system_clock::time_point now);

// The reply for a model that the caller's key does not allow, whether the model exists or not.
ErrorReply no_access(const config::Key& key, std::string_view model);

}  // namespace bellwether::front
