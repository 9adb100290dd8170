// The paths that the host serves, and what each answers.
#pragma once

#include <optional>
#include <string>

#include "serve/context.hpp"
#include "serve/http_request.hpp"

namespace bw::serve {

// Either a call to begin, or a complete response.
struct Answer {
    std::optional<Operation> operation;
    int status = 200;
    std::string headers;  // complete lines
    std::string body;
    std::string code;  // of an error; empty: none
};

Answer answer_for(const HttpRequest& request, const Context& context);

}  // namespace bw::serve
