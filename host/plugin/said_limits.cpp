#include "plugin/said_limits.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "plugin/instance.hpp"

namespace bellwether::plugin {
namespace {

using std::chrono::milliseconds;

// A reset further away says nothing that is of use, and could overflow a sum of times.
constexpr milliseconds k_reset_max{std::chrono::hours(24 * 366)};
constexpr std::int64_t k_amount_max = 1'000'000'000'000'000;

ReportedLimit limit_of(const bw_limit& told) {
    return {.limit = std::min(told.limit, k_amount_max),
            .remaining = std::min(told.remaining, k_amount_max),
            .reset = std::min(milliseconds(told.reset_ms), k_reset_max)};
}

// Whether less of `a` is left, in its own measure.
bool is_scarcer(const ReportedLimit& a, const ReportedLimit& b) {
    const auto share = [](const ReportedLimit& limit) {
        return static_cast<double>(limit.remaining) / static_cast<double>(limit.limit);
    };
    return share(a) < share(b);
}

}  // namespace

SaidLimits said_limits_of(const bw_limits& told) {
    constexpr std::array<std::string_view, 3> k_tokens{"tokens", "input_tokens", "output_tokens"};
    SaidLimits said;
    for (const bw_limit& one : std::span(told.limits, told.count)) {
        const std::string_view name = view(one.name);
        const ReportedLimit limit = limit_of(one);
        if (!limit.sound()) continue;
        if (name == "requests") said.requests = limit;
        if (std::ranges::find(k_tokens, name) == k_tokens.end()) continue;
        if (!said.tokens.sound() || is_scarcer(limit, said.tokens)) said.tokens = limit;
    }
    return said;
}

}  // namespace bellwether::plugin
