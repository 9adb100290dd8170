#include "front/time_allowed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/quantity.hpp"

namespace bellwether::front {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t k_timeout_ms_max = 24 * 3'600'000;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_space = " \t";
    const auto first = text.find_first_not_of(k_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

std::optional<milliseconds> duration(std::string_view text) {
    const auto wait_ms = config::parse_quantity(text, config::k_duration_units);
    if (!wait_ms || *wait_ms < 1 || *wait_ms > k_timeout_ms_max) return std::nullopt;
    return milliseconds(*wait_ms);
}

// Collects the parts of the header. A limit of zero has not been said.
class TimeParts {
  public:
    // False if the part is none, or was said before.
    bool take(std::string_view part) {
        const auto equals = part.find('=');
        const bool named = equals != std::string_view::npos;
        milliseconds* const limit = named ? limit_of(part.substr(0, equals)) : &whole_;
        const auto said = duration(named ? part.substr(equals + 1) : part);
        if (limit == nullptr || limit->count() != 0 || !said) return false;
        *limit = *said;
        return true;
    }
    milliseconds whole() const { return whole_; }
    const ClientLimits& limits() const { return limits_; }

  private:
    milliseconds* limit_of(std::string_view name) {
        if (name == "first_byte") return &limits_.first_byte;
        if (name == "idle") return &limits_.idle;
        return name == "connect" ? &limits_.connect : nullptr;
    }

    milliseconds whole_{0};
    ClientLimits limits_;
};

}  // namespace

Result<TimeAllowed> time_allowed(std::string_view header,
                                 std::chrono::steady_clock::time_point started) {
    TimeParts parts;
    for (std::string_view rest = header; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        const std::string_view part = trimmed(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (part.empty() || parts.take(part)) continue;
        return fail(ErrorKind::invalid,
                    fmt::format("The header {} must be a list of durations from 1ms to 24h with "
                                "their units: \"30s\" for the whole request, \"first_byte=2s\", "
                                "\"idle=5s\", \"connect=1s\" for each try; any of these, and each "
                                "once at most.",
                                k_timeout_header),
                    "invalid_timeout");
    }
    TimeAllowed allowed{.limits = parts.limits()};
    if (parts.whole().count() != 0) allowed.deadline = started + parts.whole();
    return allowed;
}

}  // namespace bellwether::front
