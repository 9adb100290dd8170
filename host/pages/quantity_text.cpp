#include "pages/quantity_text.hpp"

#include <fmt/format.h>

namespace bw::pages {

std::string quantity_text(std::uint64_t amount, std::span<const config::Unit> units) {
    const config::Unit* best = &units.front();
    for (const auto& unit : units) {
        if (amount % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return fmt::format("{}{}", amount / best->factor, best->name);
}

std::string duration_text(std::chrono::milliseconds time) {
    if (time.count() == 0) return "0s";
    return quantity_text(static_cast<std::uint64_t>(time.count()), config::k_duration_units);
}

}  // namespace bw::pages
