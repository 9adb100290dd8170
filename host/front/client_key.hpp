// Who calls: the client key in a request's head, and what a client without a good one is told.
#pragma once

#include <chrono>
#include <expected>
#include <string_view>

#include "front/error_reply.hpp"
#include "http/request.hpp"
#include "policy/keys/key_ring.hpp"

namespace bw::front {

// A client that is turned away: as it is told, and as the operator is told.
struct Stranger {
    policy::KeyRefusal refusal;
    ErrorReply reply;
};

// The key comes as `Authorization: Bearer KEY` or as `x-api-key: KEY`; more than one must agree.
std::expected<const config::Key*, Stranger> identify(const http::RequestHead& request,
                                                     const policy::KeyRing& keys,
                                                     std::chrono::system_clock::time_point now);

// For a model that the caller's key does not allow, whether there is such a model or not.
ErrorReply no_access(const config::Key& key, std::string_view model);

}  // namespace bw::front
