// Prices: the entries of price_files and [[prices]]. Plain values, constant once read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/position.hpp"

namespace bellwether::config {

// Prices of parts of a prompt and of an answer, for a million tokens. A part without a price costs
// as much as the rest of the prompt or of the answer.
struct PartPrices {
    std::optional<std::int64_t> cache_write_input;     // written to a cache
    std::optional<std::int64_t> cache_write_input_1h;  // for an hour; none: as above
    std::optional<std::int64_t> audio_input;
    std::optional<std::int64_t> image_input;
    std::optional<std::int64_t> audio_output;
    std::optional<std::int64_t> image_output;
    std::optional<std::int64_t> thinking_output;  // the whole answer, if it has any reasoning
};

// The names of these prices in the file.
struct NamedPartPrice {
    std::string_view name;
    std::optional<std::int64_t> PartPrices::*price;
};
inline constexpr NamedPartPrice k_part_prices[] = {
    {"cache_write_input", &PartPrices::cache_write_input},
    {"cache_write_input_1h", &PartPrices::cache_write_input_1h},
    {"audio_input", &PartPrices::audio_input},
    {"image_input", &PartPrices::image_input},
    {"audio_output", &PartPrices::audio_output},
    {"image_output", &PartPrices::image_output},
    {"thinking_output", &PartPrices::thinking_output},
};

// What a call of a certain kind is billed at, for a million tokens.
struct CallPrices {
    std::int64_t input = 0;
    std::int64_t cached_input = 0;  // the price of input, unless the file says otherwise
    std::int64_t output = 0;
    PartPrices parts;
};

// The prices of a whole call whose prompt is longer than `prompt_tokens`.
struct PriceStep {
    std::int64_t prompt_tokens = 0;
    CallPrices prices;
};

// The prices of calls that the provider serves in one of its service tiers.
struct TierPrice {
    std::string name;  // "priority", "flex", "batch"
    CallPrices prices;
    std::vector<PriceStep> above;  // the shortest first
};

// The price of something that is billed by the piece.
struct UnitPrice {
    std::string name;  // "web_search"
    std::int64_t each = 0;
};

// What a provider charges for a million tokens of a model, in millionths of a US dollar: "1.20 USD"
// is 1'200'000. These are whole numbers, so reading never rounds money.
struct Price {
    std::string provider;  // its name in the config
    std::string model;     // as the provider calls it: exact name or glob
    std::int64_t input = 0;
    std::int64_t cached_input = 0;  // the price of input, unless the file says otherwise
    std::int64_t output = 0;
    PartPrices parts;
    std::vector<PriceStep> above;  // the shortest first
    std::vector<TierPrice> tiers;
    std::vector<UnitPrice> units;
    std::optional<std::int64_t> list_input;  // the list price elsewhere, to tell what is saved
    std::optional<std::int64_t> list_output;
    std::string source;  // where the figures come from
    std::string file;    // where the entry stands
    Position at{};
    bool own = false;  // stands in the config itself, so it beats the price files
};

}  // namespace bellwether::config
