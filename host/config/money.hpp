// Amounts of money and other decimal numbers with a unit, out of text and back, exactly: "1.20 USD"
// is 1'200'000 millionths of a dollar, "1.5 Mtok" 1'500'000 tokens. Pure; no number here is a
// float.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace bw::config {

// One of it is 10 to the power of `zeros` of what is counted.
struct DecimalUnit {
    std::string_view name;  // empty: a number without a unit means something, too
    std::size_t zeros = 0;
};

enum class AmountFault { malformed, without_unit, too_fine, too_large };

// A whole number or a decimal one, a space or none, and one of the units; `max` below 10^17.
std::expected<std::int64_t, AmountFault> parse_decimal(std::string_view text,
                                                       std::span<const DecimalUnit> units,
                                                       std::int64_t max);

inline constexpr std::int64_t k_micro_per_usd = 1'000'000;
inline constexpr std::int64_t k_amount_max = 1'000'000 * k_micro_per_usd;

// A whole number or a decimal one with at most six digits behind the point, a space or none, "USD".
std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text);

// "0.000123": dollars, with the six digits that millionths have. `micro_usd` is not negative.
std::string format_usd(std::int64_t micro_usd);

// "1.20 USD": as few digits as say it exactly, but cents at least.
std::string format_amount(std::int64_t micro_usd);

}  // namespace bw::config
