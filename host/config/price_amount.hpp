// Reads and writes the figures of one entry of [[prices]]. Each reader reports what is wrong and
// leaves it out of its result.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace bellwether::config {

inline constexpr std::string_view k_price_expected =
    "US dollars for a million tokens, such as \"1.20 USD\"";

inline constexpr Worded k_steps{"array of tables",
                                R"("type": "array", "items": {"$ref": "#/definitions/step"})",
                                {.number = 16}};
inline constexpr Worded k_tiers{
    "table of tables",
    R"("type": "object", "additionalProperties": {"$ref": "#/definitions/tier"})",
    {.number = 32, .bytes = 64}};
inline constexpr Worded k_units{"table of amounts",
                                R"("type": "object", "additionalProperties": {"type": "string"})",
                                {.number = 32, .bytes = 64}};

std::optional<std::int64_t> read_price_amount(Section& section, std::string_view key,
                                              std::string_view expected);

// Reads input and output, which must be there, and the prices of parts of them. `what` names the
// owner in the message that one of the two is missing: "a price".
CallPrices read_call_prices(Section& section, std::string_view what);

// above = [{ prompt = "200 ktok", input = ..., output = ... }]
std::vector<PriceStep> read_price_steps(Section& section);

// tiers = { priority = { input = ..., output = ... } }
std::vector<TierPrice> read_price_tiers(Section& section);

// units = { web_search = "0.01 USD" }
std::vector<UnitPrice> read_unit_prices(Section& section);

// Write the same figures for /admin/config. An empty list writes nothing.
void write_call_prices(json::PrettyWriter& writer, const CallPrices& prices);
void write_steps(json::PrettyWriter& writer, const std::vector<PriceStep>& steps);
void write_tiers(json::PrettyWriter& writer, const std::vector<TierPrice>& tiers);
void write_units(json::PrettyWriter& writer, const std::vector<UnitPrice>& units);

// The keys that every set of prices has, and the sections (steps and tiers) that have these keys
// and others.
std::vector<Row> call_price_rows();
std::vector<SectionFacts> price_part_sections();

}  // namespace bellwether::config
