// `Surface` describes one listener: what it serves, and to whom.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "front/answer.hpp"
#include "front/body_room.hpp"
#include "http/request.hpp"
#include "policy/keys/key_ring.hpp"

namespace bellwether::front {

struct Context;

// `Pages` makes the answer for any path of a listener. `caller`: whose client key the request came
// with; null: no key was asked for.
using Pages = Answer (*)(const http::IncomingRequest& request, const Context& context,
                         const config::Key* caller);

// What a listener serves, and to whom.
struct Surface {
    Pages pages = nullptr;
    bool takes_calls = true;                // false: there are only pages
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

}  // namespace bellwether::front
