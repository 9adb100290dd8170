// The targets of `to`, of the chains `on_...` and of `default_to`, as the file gives them.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/retry.hpp"
#include "config/section.hpp"

namespace bellwether::config {

// What a target has from the places around it.
struct TargetScope {
    std::span<const Provider> providers;
    RetryKeys retry;  // of the route; the other keys are the provider's
};

struct GivenTargets {
    std::vector<Target> targets;
    std::vector<Position> weights_at;  // one a target; line 0: it has no weight of its own
};

// Reads `to` or a key of the same form. A wrong target is left out and reported.
GivenTargets read_targets(Section& owner, std::string_view key, const TargetScope& scope);

// A target that has nothing but its provider. Nothing: there is no such provider, which is reported
// here unless no provider could be read.
std::optional<Target> target_of(const Text& provider, const TargetScope& scope, Report& report);

void write_targets(json::PrettyWriter& writer, std::string_view key, const Config& config,
                   std::span<const Target> targets);
SectionFacts target_section();

// The form of `to`.
inline constexpr Worded k_targets{
    "string or array", R"("anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": )"
                       R"([{"type": "string"}, {"$ref": "#/definitions/target"}]}}])"};

}  // namespace bellwether::config
