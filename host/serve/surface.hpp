// The paths that the host serves, and what each answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "http/request.hpp"
#include "serve/context.hpp"
#include "serve/error_reply.hpp"

namespace bw::serve {

// Either a call to begin, or a complete response.
struct Answer {
    std::optional<Operation> operation;
    int status = 200;
    std::string headers;  // complete lines
    std::string body;
    std::string code;                                    // of an error; empty: none
    std::string_view content_type = "application/json";  // a constant
};

// What a listener serves.
using Surface = Answer (*)(const http::Request& request, const Context& context);

// The surface that clients see.
Answer answer_for(const http::Request& request, const Context& context);

Answer to_answer(ErrorReply reply);
Answer method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed);

}  // namespace bw::serve
