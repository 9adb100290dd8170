#include "front/client_deadline.hpp"

#include <fmt/format.h>

#include "config/quantity.hpp"

namespace bw::front {
namespace {

constexpr std::uint64_t k_timeout_ms_max = 24 * 3'600'000;

}  // namespace

Result<std::chrono::steady_clock::time_point> client_deadline(
    std::string_view header, std::chrono::steady_clock::time_point started) {
    if (header.empty()) return std::chrono::steady_clock::time_point::max();
    const auto wait_ms = config::parse_quantity(header, config::k_duration_units);
    if (wait_ms && *wait_ms >= 1 && *wait_ms <= k_timeout_ms_max) {
        return started + std::chrono::milliseconds(*wait_ms);
    }
    return fail(ErrorKind::invalid,
                fmt::format("The header {} must be a duration from 1ms to 24h with its unit, such "
                            "as \"30s\" or \"1500ms\".",
                            k_timeout_header),
                "invalid_timeout");
}

}  // namespace bw::front
