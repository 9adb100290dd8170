#include "config/quantity_text.hpp"

#include <fmt/format.h>

namespace bw::config {

std::string quantity_text(std::uint64_t amount, std::span<const Unit> units) {
    const Unit* best = &units.front();
    for (const auto& unit : units) {
        if (amount % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return fmt::format("{}{}", amount / best->factor, best->name);
}

std::string duration_text(std::chrono::milliseconds time) {
    if (time.count() == 0) return "0s";
    return quantity_text(static_cast<std::uint64_t>(time.count()), k_duration_units);
}

}  // namespace bw::config
