// Reads what a plugin tells of its upstream's limits. Pure.
#pragma once

#include <bellwether/provider.h>

#include "base/said_limits.hpp"

namespace bellwether::plugin {

// "requests" and "tokens"; where the upstream counts the prompt and the answer apart, the tokens
// are those of the one with the smaller share left. Other names say nothing to this host.
SaidLimits said_limits_of(const bw_limits& told);

}  // namespace bellwether::plugin
