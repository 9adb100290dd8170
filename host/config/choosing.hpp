// The keys of a route that say which target is tried first, and which calls go to two of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/target.hpp"

namespace bellwether::config {

// `strategy`. Empty: it is absent or wrong.
std::vector<Strategy> read_strategies(Section& section, std::string_view key);
// "prompt", "header:x-session-id"
void read_sticky_by(Section& section, std::string_view key, Route& route);
std::string text_of(const StickyBy& by);
// "800ms", "p95"
void read_hedge(Section& section, std::string_view key, Route& route);
std::string text_of(const Hedge& hedge);

void read_shadow(Section& section, std::string_view key, const TargetScope& scope, Route& route);
void write_shadow(json::PrettyWriter& writer, const Config& config, const Route& route);
SectionFacts shadow_section();

// Warns of weights that the strategy of their tier does not look at, and refuses weights that are
// all 0. `key` is the key of the targets.
void check_weights(Section& section, std::string_view key, const GivenTargets& given,
                   std::span<const Strategy> strategies);
std::size_t tiers_of(std::span<const Target> targets);

// The forms of these keys.
inline constexpr Worded k_strategy{
    R"(`"ordered"`, `"weighted"`, `"least_latency"`, `"least_busy"`, `"cheapest"`, `"sticky"`, )"
    "or array",
    R"("anyOf": [{"enum": ["ordered", "weighted", "least_latency", "least_busy", "cheapest", )"
    R"("sticky"]}, {"type": "array", "items": {"enum": ["ordered", "weighted", "least_latency", )"
    R"("least_busy", "cheapest", "sticky"]}}])"};
inline constexpr Worded k_sticky_by{
    R"(`"key"`, `"user"`, `"prompt"`, `"header:NAME"`)",
    R"("type": "string", "pattern": "^(key|user|prompt|header:[A-Za-z0-9_-]+)$")"};
inline constexpr Worded k_hedge{
    R"(duration, or `"p50"` to `"p99"`)",
    R"("type": "string", "pattern": "^([0-9]+(ms|s|m|h)|p[5-9][0-9])$")"};

}  // namespace bellwether::config
