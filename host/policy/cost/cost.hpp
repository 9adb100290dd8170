// Computes what a call costs. Pure, in whole numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/usage.hpp"
#include "config/price.hpp"

namespace bellwether::policy {

// The cost in millionths of a US dollar, rounded up once for the whole call. Each part of the
// prompt and of the answer has its own price, and so have units that are billed by the piece, such
// as searches. An estimated usage costs the most that so many tokens can cost, because nobody knows
// which of them are cached or are sound. Without a price the provider's own bill counts, if it told
// one. Nothing: the price, the usage or the price of a unit is
// not known. That is never the same as 0.
std::optional<std::int64_t> cost_of(const Usage& usage, const config::Price* price);

// The same, but without the units whose price is not known. The call costs no less than this.
std::optional<std::int64_t> cost_at_least(const Usage& usage, const config::Price* price);

// The cost at the list price elsewhere (`Price::list_input`), without units. Nothing: it is not
// known.
std::optional<std::int64_t> list_cost_of(const Usage& usage, const config::Price* price);

}  // namespace bellwether::policy
