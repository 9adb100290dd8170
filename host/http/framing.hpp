// How a request's body is delimited and packed, and what its head asks of the connection. Framing
// that two readers could understand differently is never let through: behind it, a second request
// could hide.
#pragma once

#include <cstddef>
#include <expected>

#include "base/packing.hpp"
#include "http/limits.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bw::http {

enum class Body { none, counted, chunked };

struct Framing {
    Body body = Body::none;
    std::size_t length = 0;  // of a counted body
    Packing packing = Packing::none;
    bool keep_alive = true;
    bool expects_continue = false;
};

// A body beyond the limit.
Refusal too_large(const MessageLimits& limits);

// Also sets the request's authority.
std::expected<Framing, Refusal> read_framing(RequestHead& request, const MessageLimits& limits);

}  // namespace bw::http
