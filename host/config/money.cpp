#include "config/money.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/letters.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_unit = "USD";
constexpr std::size_t k_decimals = 6;
constexpr std::size_t k_decimals_shown_min = 2;

std::size_t leading_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// Appends the digits to the number; false: the number is above `max`.
bool append_digits(std::int64_t& number, std::string_view digits, std::int64_t max) {
    for (const char c : digits) {
        number = number * 10 + (c - '0');
        if (number > max) return false;
    }
    return true;
}

}  // namespace

std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text) {
    constexpr DecimalUnit k_dollars[] = {{k_unit, k_decimals}};
    return parse_decimal(text, k_dollars, k_amount_max);
}

std::string format_usd(std::int64_t micro_usd) {
    return fmt::format("{}.{:06}", micro_usd / k_micro_per_usd, micro_usd % k_micro_per_usd);
}

std::string amount_range() {
    return fmt::format(R"("0 {0}" to "{1} {0}")", k_unit, k_amount_max / k_micro_per_usd);
}

std::string format_amount(std::int64_t micro_usd) {
    std::string text = format_usd(micro_usd);
    const std::size_t shortest = text.find('.') + 1 + k_decimals_shown_min;
    while (text.size() > shortest && text.ends_with('0')) text.pop_back();
    return fmt::format("{} {}", text, k_unit);
}

std::expected<std::int64_t, AmountFault> parse_decimal(std::string_view text,
                                                       std::span<const DecimalUnit> units,
                                                       std::int64_t max) {
    const std::string_view whole = text.substr(0, leading_digits(text));
    text.remove_prefix(whole.size());
    std::string_view decimals;
    if (text.starts_with('.')) {
        decimals = text.substr(1, leading_digits(text.substr(1)));
        if (decimals.empty()) return std::unexpected(AmountFault::malformed);
        text.remove_prefix(1 + decimals.size());
    }
    if (whole.empty()) return std::unexpected(AmountFault::malformed);
    const bool bare = text.empty();
    if (text.starts_with(' ')) text.remove_prefix(1);
    const auto unit = std::ranges::find(units, text, &DecimalUnit::name);
    if (unit == units.end() || (unit->name.empty() && !bare)) {
        return std::unexpected(bare ? AmountFault::without_unit : AmountFault::malformed);
    }
    while (decimals.size() > unit->zeros && decimals.ends_with('0')) decimals.remove_suffix(1);
    if (decimals.size() > unit->zeros) return std::unexpected(AmountFault::too_fine);
    std::string padded(decimals);
    padded.resize(unit->zeros, '0');
    std::int64_t amount = 0;
    if (!append_digits(amount, whole, max) || !append_digits(amount, padded, max)) {
        return std::unexpected(AmountFault::too_large);
    }
    return amount;
}

}  // namespace bellwether::config
