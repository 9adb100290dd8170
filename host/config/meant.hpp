// Guesses what an amount, a time or a rate means that is written in the form of another program.
// Each function gives a hint such as `did you mean "500 USD"?`; empty: no guess. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/quantity.hpp"

namespace bellwether::config {

// "$500", "500 usd", "1M tokens", "500k"
std::string meant_amount(std::string_view text);
// The period of a budget: "30d", "1mo", "daily"
std::string meant_period(std::string_view text);
// "60rpm", "100 per minute", "60/m"
std::string meant_rate(std::string_view text);
// "30 seconds", "5 min", "2d", "32mb"; the hint uses one of `units`.
std::string meant_quantity(std::string_view text, std::span<const QuantityUnit> units);

}  // namespace bellwether::config
