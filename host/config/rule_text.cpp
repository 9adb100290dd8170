#include "config/rule_text.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "config/money.hpp"
#include "config/quantity_text.hpp"

namespace bw::config {
namespace {

constexpr std::array<std::string_view, 3> k_counts{"total", "input", "output"};
constexpr std::array<std::string_view, 3> k_modes{"hard", "soft", "shadow"};
constexpr std::array<std::string_view, 6> k_periods{"minute", "hour",  "day",
                                                    "week",   "month", "none"};
constexpr Unit k_tokens[] = {
    {" tok", 1}, {" ktok", 1'000}, {" Mtok", 1'000'000}, {" Gtok", 1'000'000'000}};
constexpr Unit k_plain[] = {{"", 1}, {"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}};

std::string_view time_of(std::chrono::seconds period) {
    switch (period.count()) {
        case 1: return "s";
        case 60: return "min";
        case 3'600: return "h";
        default: return "day";
    }
}

}  // namespace

std::string_view name_of(Count count) { return k_counts[static_cast<std::size_t>(count)]; }
std::string_view name_of(BudgetMode mode) { return k_modes[static_cast<std::size_t>(mode)]; }
std::string_view name_of(calendar::Unit unit) { return k_periods[static_cast<std::size_t>(unit)]; }

std::string amount_text(const Budget& budget) {
    if (budget.unit == BudgetUnit::micro_usd) return format_amount(budget.limit);
    return quantity_text(static_cast<std::uint64_t>(budget.limit), k_tokens);
}

std::string rate_text(const Rate& rate) {
    return fmt::format("{}/{}", quantity_text(static_cast<std::uint64_t>(rate.amount), k_plain),
                       time_of(rate.period));
}

}  // namespace bw::config
