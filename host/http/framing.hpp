// `Framing` says how a request's body is delimited and packed, and what the head asks of the
// connection. Framing that two servers could understand differently is refused, because it could
// hide a second request (request smuggling). Pure.
#pragma once

#include <cstddef>
#include <expected>

#include "base/packing.hpp"
#include "http/limits.hpp"
#include "http/refusal.hpp"
#include "http/request.hpp"

namespace bellwether::http {

enum class Body { none, counted, chunked };

struct Framing {
    Body body = Body::none;
    std::size_t length = 0;  // of a counted body
    Packing packing = Packing::none;
    bool keep_alive = true;
    bool expects_continue = false;
};

// The refusal of a body that exceeds the limit.
Refusal too_large(const MessageLimits& limits);

// Reads the framing out of the request's fields. If the target has no authority, this also sets the
// request's authority from the Host header.
std::expected<Framing, Refusal> read_framing(IncomingRequest& request, const MessageLimits& limits);

}  // namespace bellwether::http
