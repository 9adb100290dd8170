// Parses and formats amounts of money and other decimal numbers with a unit, exactly: "1.20 USD" is
// 1'200'000 millionths of a dollar, "1.5 Mtok" 1'500'000 tokens. Pure; no number here is a float.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace bellwether::config {

// A unit that is worth 10 to the power of `zeros`: "Mtok" has 6 zeros.
struct DecimalUnit {
    std::string_view name;  // empty: a number may have no unit
    std::size_t zeros = 0;
};

enum class AmountFault { malformed, without_unit, too_fine, too_large };

// Parses a whole or decimal number, an optional space and one of the units. `max` must be below
// 10^17, so that nothing overflows.
std::expected<std::int64_t, AmountFault> parse_decimal(std::string_view text,
                                                       std::span<const DecimalUnit> units,
                                                       std::int64_t max);

inline constexpr std::int64_t k_micro_per_usd = 1'000'000;
inline constexpr std::int64_t k_amount_max = 1'000'000 * k_micro_per_usd;

// Parses a whole or decimal number, an optional space and "USD" into millionths of a dollar. At
// most six digits may stand behind the point.
std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text);

// "0.000123": dollars, with the six digits that millionths have. `micro_usd` is not negative.
std::string format_usd(std::int64_t micro_usd);

// "0 USD" to "1000000 USD": what parse_amount() takes, as messages say it.
std::string amount_range();

// "1.20 USD": with as few decimals as are exact, but at least two.
std::string format_amount(std::int64_t micro_usd);

}  // namespace bellwether::config
