// Decimal numbers with a unit out of text, exactly: "1.5 Mtok" is 1'500'000 tokens. Pure; no number
// here is ever a float.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
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

}  // namespace bw::config
