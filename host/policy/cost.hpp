// What a call costs. Pure, in whole numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/usage.hpp"
#include "config/config.hpp"

namespace bw::policy {

// Millionths of a US dollar, rounded up once for the whole call: cached tokens at their price, the
// rest of the prompt at the price of input, everything generated at the price of output. Nothing if
// the price or the usage is not known: that is never the same as 0.
std::optional<std::int64_t> cost_of(const Usage& usage, const config::Price* price);

// The same at the list price elsewhere. Nothing: not known.
std::optional<std::int64_t> list_cost_of(const Usage& usage, const config::Price* price);

}  // namespace bw::policy
