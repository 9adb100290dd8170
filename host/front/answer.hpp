// What a path of a listener answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "front/context.hpp"
#include "front/error_reply.hpp"
#include "http/request.hpp"

namespace bw::front {

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

Answer to_answer(ErrorReply reply);
Answer method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed);

}  // namespace bw::front
