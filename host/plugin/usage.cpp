#include "plugin/usage.hpp"

#include <algorithm>
#include <bellwether/json.hpp>
#include <string_view>

namespace bw::plugin {
namespace {

// A larger number can only be a mistake, and sums of these numbers must not overflow.
constexpr std::int64_t k_tokens_max = 1'000'000'000'000;
constexpr std::int64_t k_pieces_max = 1'000'000;
constexpr std::size_t k_units_max = 16;
constexpr std::size_t k_name_bytes_max = 64;

std::int64_t plausible(std::int64_t tokens) {
    return tokens >= 0 && tokens <= k_tokens_max ? tokens : -1;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= k_name_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view view(bw_str text) {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

// A count that is too large is lowered to k_pieces_max, not left out: some pieces were billed.
void take_units(const bw_usage& reported, Usage& usage) {
    if (reported.units == nullptr) return;
    for (std::size_t i = 0; i < std::min(reported.unit_count, k_units_max); ++i) {
        const bw_unit& unit = reported.units[i];
        if (unit.count <= 0 || !is_name(view(unit.name))) continue;
        usage.units.push_back({std::string(view(unit.name)), std::min(unit.count, k_pieces_max)});
    }
}

}  // namespace

Usage usage_of(const bw_usage& reported) {
    Usage usage{.input_tokens = plausible(reported.input_tokens),
                .output_tokens = plausible(reported.output_tokens),
                .cached_input_tokens = plausible(reported.cached_input_tokens),
                .reasoning_tokens = plausible(reported.reasoning_tokens),
                .source = UsageSource::provider};
    const bw_usage* const said = &reported;
    if (!BW_HAS(said, unit_count)) return usage;
    usage.total_tokens = plausible(said->total_tokens);
    usage.cache_write_tokens = plausible(said->cache_write_tokens);
    usage.cache_write_1h_tokens = plausible(said->cache_write_1h_tokens);
    usage.audio_input_tokens = plausible(said->audio_input_tokens);
    usage.audio_output_tokens = plausible(said->audio_output_tokens);
    usage.image_input_tokens = plausible(said->image_input_tokens);
    usage.image_output_tokens = plausible(said->image_output_tokens);
    if (is_name(view(said->service_tier))) usage.service_tier = view(said->service_tier);
    take_units(*said, usage);
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

}  // namespace bw::plugin
