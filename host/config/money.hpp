// Amounts of money out of text and back, exactly: "1.20 USD" is 1'200'000 millionths of a dollar.
// Pure; no number here is ever a float.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "config/decimal.hpp"

namespace bw::config {

inline constexpr std::int64_t k_micro_per_usd = 1'000'000;
inline constexpr std::int64_t k_amount_max = 1'000'000 * k_micro_per_usd;

// A whole number or a decimal one with at most six digits behind the point, a space or none, "USD".
std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text);

// "0.000123": dollars, with the six digits that millionths have. `micro_usd` is not negative.
std::string format_usd(std::int64_t micro_usd);

// "1.20 USD": as few digits as say it exactly, but cents at least.
std::string format_amount(std::int64_t micro_usd);

}  // namespace bw::config
