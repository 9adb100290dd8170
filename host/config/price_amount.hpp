// The figures of one entry of [[prices]]. Each reader reports what is wrong and gives nothing for
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/section.hpp"

namespace bw::config {

inline constexpr std::string_view k_price_expected =
    "US dollars for a million tokens, such as \"1.20 USD\"";

std::optional<std::int64_t> read_price_amount(Section& section, std::string_view key,
                                              std::string_view expected);

// input and output, which must be there, and the prices of parts of them. `what` it is that lacks
// one: "a price".
CallPrices read_call_prices(Section& section, std::string_view what);

// above = [{ prompt = "200 ktok", input = ..., output = ... }]
std::vector<PriceStep> read_price_steps(Section& section);

// tiers = { priority = { input = ..., output = ... } }
std::vector<TierPrice> read_price_tiers(Section& section);

// units = { web_search = "0.01 USD" }
std::vector<UnitPrice> read_unit_prices(Section& section);

}  // namespace bw::config
