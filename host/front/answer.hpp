// `Answer` is what the host says to a request for one path.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "front/error_reply.hpp"

namespace bellwether::front {

struct Answer;

// Makes an answer that takes a while: calls `done` once with a complete response, from any thread.
using LaterAnswer = std::function<void(std::function<void(Answer)> done)>;

// Either a call to begin, or an answer that comes later, or a complete response.
struct Answer {
    std::optional<Operation> operation;
    LaterAnswer later{};
    int status = 200;
    std::string headers;  // complete lines
    std::string body;
    std::string code;                                    // of an error; empty: none
    std::string_view content_type = "application/json";  // a constant; empty: there is no body
};

Answer to_answer(ErrorReply reply);
Answer method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed);

}  // namespace bellwether::front
