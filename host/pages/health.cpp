#include "pages/health.hpp"

#include <fmt/format.h>

namespace bw::pages {

bool is_health(std::string_view path) {
    return path == "/health" || path == "/health/readiness" || path == "/health/liveliness" ||
           path == "/health/liveness";
}

std::optional<front::Answer> health(std::string_view path, const front::Context& context) {
    const auto status = [](int code, std::string_view word) {
        return front::Answer{.status = code, .body = fmt::format(R"({{"status":"{}"}})", word)};
    };
    if (path == "/health/liveliness" || path == "/health/liveness") return status(200, "ok");
    if (path == "/health" || path == "/health/readiness") {
        const bool draining = context.draining || context.running.draining;
        return draining ? status(503, "draining") : status(200, "ok");
    }
    return std::nullopt;
}

}  // namespace bw::pages
