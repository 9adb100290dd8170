#include "serve/incoming_call.hpp"

#include <chrono>
#include <utility>

namespace bw::serve {

Call incoming_call(http::Request& request, Operation operation, std::string id) {
    return {.id = std::move(id),
            .operation = operation,
            .body = std::move(request.body),
            .started = std::chrono::steady_clock::now()};
}

}  // namespace bw::serve
