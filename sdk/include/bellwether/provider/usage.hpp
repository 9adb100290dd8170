// What a call has used, and how what is said of it bit by bit adds up. Part of
// <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/provider/error.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace bw::v1 {

// Kinds of pieces that one call can be billed for.
inline constexpr std::size_t k_usage_units_max = 16;

// Something that is billed by the piece.
struct UsageUnit {
    std::string name;  // "web_search", "image"
    std::int64_t count = 0;
};

// Tokens, as the upstream counted them; -1: not said.
struct Usage {
    std::int64_t input = -1;           // the whole prompt, cached tokens included
    std::int64_t output = -1;          // everything generated, reasoning included
    std::int64_t cached_input = -1;    // the part of input read from a cache
    std::int64_t reasoning = -1;       // the part of output that was reasoning
    std::int64_t total = -1;           // of an upstream that says only that
    std::int64_t cache_write = -1;     // the part of input written to a cache
    std::int64_t cache_write_1h = -1;  // the part of cache_write that is kept for an hour
    std::int64_t audio_input = -1;     // parts of input and output
    std::int64_t audio_output = -1;
    std::int64_t image_input = -1;
    std::int64_t image_output = -1;
    std::string service_tier;  // which the call was served in; empty: not said
    std::vector<UsageUnit> units;
};

namespace detail {

// The ABI's name of each figure. Both sides of the ABI read this table.
struct UsageName {
    std::string_view name;
    std::int64_t Usage::*figure;
};
inline constexpr UsageName k_usage_names[] = {{"input", &Usage::input},
                                              {"output", &Usage::output},
                                              {"input.cached", &Usage::cached_input},
                                              {"output.reasoning", &Usage::reasoning},
                                              {"total", &Usage::total},
                                              {"input.cache_write", &Usage::cache_write},
                                              {"input.cache_write_1h", &Usage::cache_write_1h},
                                              {"input.audio", &Usage::audio_input},
                                              {"output.audio", &Usage::audio_output},
                                              {"input.image", &Usage::image_input},
                                              {"output.image", &Usage::image_output}};

// Calls `tell` with the usage as the ABI has it.
template <typename Tell>
void with_usage(const Usage& usage, const Tell& tell) {
    std::array<bw_amount, std::size(k_usage_names)> few;
    std::size_t count = 0;
    for (const UsageName& one : k_usage_names) {
        const std::int64_t amount = usage.*one.figure;
        if (amount >= 0) few[count++] = {to_str(one.name), amount};
    }
    bw_usage out = sized<bw_usage>();
    out.tier = to_str(usage.service_tier);
    out.amounts = few.data();
    out.amount_count = count;
    std::vector<bw_amount> many;
    if (!usage.units.empty()) {
        many.assign(few.begin(), few.begin() + static_cast<std::ptrdiff_t>(count));
        for (const UsageUnit& unit : usage.units) many.push_back({to_str(unit.name), unit.count});
        out.amounts = many.data();
        out.amount_count = many.size();
    }
    tell(out);
}

}  // namespace detail

// True if something was said that a call can be counted by.
inline bool says_anything(const Usage& usage) {
    return usage.input >= 0 || usage.output >= 0 || usage.total >= 0 || !usage.units.empty();
}

// What was said before and what is said now: neither zeros nor what is left out takes anything
// back, for usage only grows.
inline void merge_usage(Usage& into, const Usage& said) {
    static constexpr std::int64_t Usage::*k_figures[] = {
        &Usage::input,        &Usage::output,      &Usage::cached_input,   &Usage::reasoning,
        &Usage::total,        &Usage::cache_write, &Usage::cache_write_1h, &Usage::audio_input,
        &Usage::audio_output, &Usage::image_input, &Usage::image_output};
    for (const auto figure : k_figures) into.*figure = std::max(into.*figure, said.*figure);
    if (!said.service_tier.empty()) into.service_tier = said.service_tier;
    for (const UsageUnit& unit : said.units) {
        const auto same = std::find_if(into.units.begin(), into.units.end(),
                                       [&](const UsageUnit& u) { return u.name == unit.name; });
        if (same == into.units.end()) {
            // A reply of a million choices must not become as many names to look through.
            if (into.units.size() < k_usage_units_max) into.units.push_back(unit);
        } else {
            same->count = std::max(same->count, unit.count);
        }
    }
}

}  // namespace bw::v1
