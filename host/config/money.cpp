#include "config/money.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bw::config {
namespace {

constexpr std::string_view k_unit = "USD";
constexpr std::size_t k_decimals = 6;
constexpr std::size_t k_decimals_shown_min = 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t leading_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// Appends the digits to the number; false: it is more than any amount may be.
bool append_digits(std::int64_t& number, std::string_view digits) {
    for (const char c : digits) {
        number = number * 10 + (c - '0');
        if (number > k_amount_max) return false;
    }
    return true;
}

}  // namespace

std::expected<std::int64_t, AmountFault> parse_amount(std::string_view text) {
    const std::string_view whole = text.substr(0, leading_digits(text));
    text.remove_prefix(whole.size());
    std::string_view decimals;
    if (text.starts_with('.')) {
        decimals = text.substr(1, leading_digits(text.substr(1)));
        if (decimals.empty()) return std::unexpected(AmountFault::malformed);
        text.remove_prefix(1 + decimals.size());
    }
    if (whole.empty()) return std::unexpected(AmountFault::malformed);
    if (text.empty()) return std::unexpected(AmountFault::without_unit);
    if (text.starts_with(' ')) text.remove_prefix(1);
    if (text != k_unit) return std::unexpected(AmountFault::malformed);
    while (decimals.size() > k_decimals && decimals.ends_with('0')) decimals.remove_suffix(1);
    if (decimals.size() > k_decimals) return std::unexpected(AmountFault::too_fine);
    std::string padded(decimals);
    padded.resize(k_decimals, '0');
    std::int64_t amount = 0;
    if (!append_digits(amount, whole) || !append_digits(amount, padded)) {
        return std::unexpected(AmountFault::too_large);
    }
    return amount;
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
