// Adds `usage.cost`, the cost of a call, to the usage in a reply, for clients that ask for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/usage.hpp"

namespace bellwether::policy {

// Gives `object`, a reply or the closing chunk of a stream, with `usage.cost` in US dollars: an
// exact number, written from millionths. A reply without a usage gets one with the figures of the
// host. Every other byte stays as it is. Pure.
std::string with_cost(std::string_view object, const Usage& usage, std::int64_t cost_micro_usd);

}  // namespace bellwether::policy
