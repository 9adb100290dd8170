// Numbers with a unit as a config says them.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "config/quantity.hpp"

namespace bw::config {

// In the largest unit that gives a whole number.
std::string quantity_text(std::uint64_t amount, std::span<const Unit> units);

std::string duration_text(std::chrono::milliseconds time);

}  // namespace bw::config
