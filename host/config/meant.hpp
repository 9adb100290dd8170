// What somebody meant who wrote an amount, a time or a rate as other programs have it: hints such
// as `did you mean "500 USD"?`, or nothing. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/quantity.hpp"

namespace bw::config {

// "$500", "500 usd", "1M tokens", "500k"
std::string meant_amount(std::string_view text);
// The period of a budget: "30d", "1mo", "daily"
std::string meant_period(std::string_view text);
// "60rpm", "100 per minute", "60/m"
std::string meant_rate(std::string_view text);
// "30 seconds", "5 min", "2d", "32mb": written with one of the units.
std::string meant_quantity(std::string_view text, std::span<const QuantityUnit> units);

}  // namespace bw::config
