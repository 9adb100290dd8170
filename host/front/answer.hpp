// What a path of a listener answers.
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

namespace bw::front {

// Either a call to begin, or a complete response.
struct Answer {
    std::optional<Operation> operation;
    int status = 200;
    std::string headers;  // complete lines
    std::string body;
    std::string code;                                    // of an error; empty: none
    std::string_view content_type = "application/json";  // a constant; empty: there is no body
};

// What the paths of a listener answer. `caller`: whose client key the request came with; null:
// nobody was asked for one.
using Pages = Answer (*)(const http::RequestHead& request, const Context& context,
                         const config::Key* caller);

// What a listener serves, and to whom.
struct Surface {
    Pages pages;
    bool loopback = true;                   // it is reached from this machine only
    const policy::KeyRing* keys = nullptr;  // who may come; null or empty: everybody
    // The paths that everybody may ask for all the same; null: none.
    bool (*keyless)(std::string_view path) = nullptr;
    // Whose web pages may call it and read its answers; null: nobody's (front/cors.hpp).
    const std::vector<std::string>* origins = nullptr;
    // What the bodies of its requests take room of; null: too few can come to matter.
    BodyRoom* body_room = nullptr;
};

Answer to_answer(ErrorReply reply);
Answer method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed);

}  // namespace bw::front
