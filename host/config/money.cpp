#include "config/money.hpp"

#include <fmt/format.h>

namespace bw::config {
namespace {

constexpr std::string_view k_unit = "USD";
constexpr std::size_t k_decimals = 6;
constexpr std::size_t k_decimals_shown_min = 2;

}  // namespace

std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text) {
    constexpr DecimalUnit k_units[] = {{k_unit, k_decimals}};
    return parse_decimal(text, k_units, k_amount_max);
}

std::string format_usd(std::int64_t micro_usd) {
    return fmt::format("{}.{:06}", micro_usd / k_micro_per_usd, micro_usd % k_micro_per_usd);
}

std::string format_amount(std::int64_t micro_usd) {
    std::string text = format_usd(micro_usd);
    const std::size_t shortest = text.find('.') + 1 + k_decimals_shown_min;
    while (text.size() > shortest && text.ends_with('0')) text.pop_back();
    return fmt::format("{} {}", text, k_unit);
}

}  // namespace bw::config
