#include "plugin/usage.hpp"

#include <algorithm>
#include <string_view>

#include "json/value.hpp"
#include "plugin/abi_text.hpp"

namespace bellwether::plugin {
namespace {

// A larger number can only be a mistake, and sums of these numbers must not overflow.
constexpr std::int64_t k_tokens_max = 1'000'000'000'000;
constexpr std::int64_t k_pieces_max = 1'000'000;
constexpr std::int64_t k_cost_nano_max = 1'000'000'000'000'000;  // a million USD
constexpr std::size_t k_units_max = 16;
constexpr std::size_t k_unit_name_bytes_max = 64;

std::int64_t plausible(std::int64_t tokens) {
    return tokens >= 0 && tokens <= k_tokens_max ? tokens : -1;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= k_unit_name_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// The figure of that name; null: it is the name of a unit.
std::int64_t Usage::*figure_of(std::string_view name) {
    struct Figure {
        std::string_view name;
        std::int64_t Usage::*figure;
    };
    static constexpr Figure k_figures[] = {
        {"input", &Usage::input_tokens},
        {"output", &Usage::output_tokens},
        {"input.cached", &Usage::cached_input_tokens},
        {"output.reasoning", &Usage::reasoning_tokens},
        {"total", &Usage::total_tokens},
        {"input.cache_write", &Usage::cache_write_tokens},
        {"input.cache_write_1h", &Usage::cache_write_1h_tokens},
        {"input.audio", &Usage::audio_input_tokens},
        {"output.audio", &Usage::audio_output_tokens},
        {"input.image", &Usage::image_input_tokens},
        {"output.image", &Usage::image_output_tokens},
    };
    const auto found = std::ranges::find(k_figures, name, &Figure::name);
    return found == std::end(k_figures) ? nullptr : found->figure;
}

// A count that is too large is lowered to k_pieces_max, not left out: some pieces were billed.
void take_amount(const bw_amount& told, Usage& usage) {
    const std::string_view name = view(told.name);
    if (const auto figure = figure_of(name)) {
        usage.*figure = plausible(told.amount);
    } else if (told.amount >= 0 && is_name(name) && usage.units.size() < k_units_max) {
        usage.units.push_back({std::string(name), std::min(told.amount, k_pieces_max)});
    }
}

}  // namespace

Usage usage_of(const bw_usage& reported) {
    constexpr std::size_t k_amounts_max = 64;
    Usage usage;
    usage.source = UsageSource::provider;
    if (is_name(view(reported.tier))) usage.service_tier = view(reported.tier);
    const std::string_view currency = view(reported.currency);
    if (currency.empty() || currency == "USD") {
        usage.cost_nano_usd = std::clamp<std::int64_t>(reported.cost_nano, 0, k_cost_nano_max);
    }
    if (reported.amounts == nullptr) return usage;
    for (std::size_t i = 0; i < std::min(reported.amount_count, k_amounts_max); ++i) {
        take_amount(reported.amounts[i], usage);
    }
    return usage;
}

Usage usage_in(std::string_view json) {
    const json::Value said = json::Value(json)["usage"];
    const auto figure = [](const json::Value& value) {
        return plausible(value.integer().value_or(-1));
    };
    return {.input_tokens = figure(said["prompt_tokens"]),
            .output_tokens = figure(said["completion_tokens"]),
            .cached_input_tokens = figure(said["prompt_tokens_details"]["cached_tokens"]),
            .reasoning_tokens = figure(said["completion_tokens_details"]["reasoning_tokens"]),
            .source = UsageSource::provider,
            .total_tokens = figure(said["total_tokens"])};
}

void keep_larger(Usage& known, const Usage& told) {
    static constexpr std::int64_t Usage::*k_figures[] = {
        &Usage::input_tokens,          &Usage::output_tokens,      &Usage::cached_input_tokens,
        &Usage::reasoning_tokens,      &Usage::total_tokens,       &Usage::cache_write_tokens,
        &Usage::cache_write_1h_tokens, &Usage::audio_input_tokens, &Usage::audio_output_tokens,
        &Usage::image_input_tokens,    &Usage::image_output_tokens};
    for (const auto figure : k_figures) known.*figure = std::max(known.*figure, told.*figure);
    known.source = told.source;
    known.cost_nano_usd = std::max(known.cost_nano_usd, told.cost_nano_usd);
    if (!told.service_tier.empty()) known.service_tier = told.service_tier;
    for (const UsedUnit& unit : told.units) {
        const auto same = std::ranges::find(known.units, unit.name, &UsedUnit::name);
        if (same != known.units.end()) {
            same->count = std::max(same->count, unit.count);
        } else if (known.units.size() < k_units_max) {
            known.units.push_back(unit);
        }
    }
}

}  // namespace bellwether::plugin
