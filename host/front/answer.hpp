// `Answer` is what the host says to a request for one path. `Surface` describes one listener: what
// it serves, and to whom.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "front/body_room.hpp"
#include "front/context.hpp"
#include "front/error_reply.hpp"
#include "http/request.hpp"
#include "policy/keys/key_ring.hpp"

namespace bellwether::front {

// Either a call to begin, or a complete response.
struct Answer {
    std::optional<Operation> operation;
    int status = 200;
    std::string headers;  // complete lines
    std::string body;
    std::string code;                                    // of an error; empty: none
    std::string_view content_type = "application/json";  // a constant; empty: there is no body
};

// `Pages` makes the answer for any path of a listener. `caller`: whose client key the request came
// with; null: no key was asked for.
using Pages = Answer (*)(const http::IncomingRequest& request, const Context& context,
                         const config::Key* caller);

// What a listener serves, and to whom.
struct Surface {
    Pages pages;
    bool loopback = true;                   // only this machine can reach the listener
    const policy::KeyRing* keys = nullptr;  // who may come; null or empty: everybody
    // Says which paths need no client key; null: none.
    bool (*keyless)(std::string_view path) = nullptr;
    // Origins whose web pages may call the host and read its answers; null: none (front/cors.hpp).
    const std::vector<std::string>* origins = nullptr;
    // The limit that the bodies of this listener's requests count towards; null: they do not
    // count, because the listener gets too few requests to matter.
    BodyRoom* body_room = nullptr;
};

Answer to_answer(ErrorReply reply);
Answer method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed);

}  // namespace bellwether::front
