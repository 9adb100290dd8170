// The keys strategy and sticky_by of [[routes]].
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "config/choosing.hpp"
#include "config/foreign_words.hpp"
#include "config/header.hpp"
#include "config/names.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_header = "header:";

std::set<std::uint32_t> tiers_in(std::span<const Target> targets) {
    std::set<std::uint32_t> tiers;
    for (const Target& target : targets) tiers.insert(target.tier);
    return tiers;
}

bool looks_at_weights(Strategy strategy) {
    return strategy == Strategy::weighted || strategy == Strategy::least_busy ||
           strategy == Strategy::sticky;
}

struct TierWeights {
    Position given_at{};  // line 0: no target of the tier has a weight of its own
    bool all_zero = true;
};

TierWeights weights_in(const GivenTargets& given, std::uint32_t tier) {
    TierWeights weights;
    for (std::size_t i = 0; i < given.targets.size(); ++i) {
        if (given.targets[i].tier != tier) continue;
        if (weights.given_at.line == 0) weights.given_at = given.weights_at[i];
        weights.all_zero &= given.targets[i].weight == 0;
    }
    return weights;
}

// Which header a route that is sticky by a header looks at; an error is reported.
std::optional<std::string> header_of(Section& section, std::string_view key, const Text& given) {
    std::string name = lower(std::string_view(given.value).substr(k_header.size()));
    const std::string subject = fmt::format("= {} names ", in_quotes(given.value));
    constexpr std::string_view k_example = R"(for example "header:x-session-id")";
    if (!is_header_name(name)) {
        section.error(given.at, key, subject + "no header",
                      fmt::format(R"(letters, digits, "-" and "_", {})", k_example));
        return std::nullopt;
    }
    if (is_taken_header(name)) {
        section.error(given.at, key, subject + "a header that means something else",
                      fmt::format("one that names sessions, {}", k_example),
                      name == "authorization" || name == "x-api-key"
                          ? R"(for the client's key write "key")"
                          : "");
        return std::nullopt;
    }
    return name;
}

}  // namespace

std::vector<Strategy> read_strategies(Section& section, std::string_view key) {
    const auto chosen = section.choices(key, k_names<Strategy>, strategy_of_others);
    std::vector<Strategy> strategies;
    for (const std::size_t one : chosen) strategies.push_back(static_cast<Strategy>(one));
    return strategies;
}

void read_sticky_by(Section& section, std::string_view key, Route& route) {
    const auto given = section.text(key);
    if (!given) return;
    if (given->value.starts_with(k_header)) {
        if (auto header = header_of(section, key, *given)) {
            route.sticky_by = {StickyBy::Of::header, *std::move(header)};
        }
        return;
    }
    constexpr auto k_words = std::span(k_names<StickyBy::Of>).first<3>();
    const auto found = std::ranges::find(k_words, given->value);
    if (found == k_words.end()) {
        return section.error(
            given->at, key, fmt::format("= {} is unknown", in_quotes(given->value)),
            R"("key", "user", "prompt" or "header:NAME")",
            did_you_mean(given->value, std::vector<std::string>(k_words.begin(), k_words.end())));
    }
    route.sticky_by = {static_cast<StickyBy::Of>(found - k_words.begin()), {}};
}

std::string text_of(const StickyBy& by) {
    if (by.of == StickyBy::Of::header) return std::string(k_header) + by.header;
    return std::string(name_of(by.of));
}

std::size_t tiers_of(std::span<const Target> targets) { return tiers_in(targets).size(); }

void check_weights(Section& section, std::string_view key, const GivenTargets& given,
                   std::span<const Strategy> strategies) {
    const auto tiers = tiers_in(given.targets);
    std::size_t rank = 0;
    for (const std::uint32_t tier : tiers) {
        const Strategy strategy = strategies[std::min(rank++, strategies.size() - 1)];
        const TierWeights weights = weights_in(given, tier);
        if (strategy == Strategy::weighted && weights.all_zero) {
            const std::string where = tiers.size() == 1 ? std::string("a weighted route")
                                                        : fmt::format("the weighted tier {}", tier);
            section.report().error(section.key_at(key),
                                   fmt::format("all weights of {} are 0", where),
                                   "at least one above 0");
        }
        if (weights.given_at.line == 0 || looks_at_weights(strategy)) continue;
        section.report().warning(
            weights.given_at,
            fmt::format("weight has no effect where the strategy is {}", name_of(strategy)), {},
            section.has("model") ? "for shares write strategy = \"weighted\"" : "");
    }
}

}  // namespace bellwether::config
