// What a call costs. Pure, in whole numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/usage.hpp"
#include "config/price.hpp"

namespace bw::policy {

// Millionths of a US dollar, rounded up once for the whole call: each part of the prompt and of the
// answer at its own price, and what is billed by the piece. An estimate costs the most that so many
// tokens can: nobody knows what of them is cached, written or spoken. Nothing if the price, the
// usage or the price of one of the pieces is not known: that is never the same as 0.
std::optional<std::int64_t> cost_of(const Usage& usage, const config::Price* price);

// The same without the pieces whose price is not known: no less than this.
std::optional<std::int64_t> cost_at_least(const Usage& usage, const config::Price* price);

// The same at the list price elsewhere, pieces apart. Nothing: not known.
std::optional<std::int64_t> list_cost_of(const Usage& usage, const config::Price* price);

}  // namespace bw::policy
