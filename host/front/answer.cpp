#include "front/answer.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/operation.hpp"

namespace bellwether::front {

Answer to_answer(ErrorReply reply) {
    return {.status = reply.status,
            .headers = std::move(reply.headers),
            .body = std::move(reply.body),
            .code = std::move(reply.code)};
}

Answer method_not_allowed(std::string_view method, std::string_view path,
                          std::string_view allowed) {
    ErrorReply error =
        error_reply(405, "invalid_request_error", "method_not_allowed",
                    fmt::format("{} is not allowed on {}; use {}.", method, path, allowed));
    Answer answer = to_answer(in_dialect(dialect_at(path), std::move(error)));
    answer.headers = fmt::format("allow: {}\r\n", allowed);
    return answer;
}

}  // namespace bellwether::front
