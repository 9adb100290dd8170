// `usage.cost`: what a call cost, within its usage, for clients that ask for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/usage.hpp"

namespace bw::policy {

// `object`, a reply or the closing chunk of a stream, with `usage.cost` in US dollars: a number,
// written from millionths and exact. A reply without a usage gets one, of what the host counted.
// Every other byte stays as it is. Pure.
std::string with_cost(std::string_view object, const Usage& usage, std::int64_t cost_micro_usd);

}  // namespace bw::policy
