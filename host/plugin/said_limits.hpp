// Reads what a plugin tells of its upstream's limits. Pure.
#pragma once

#include <bellwether/provider.h>

#include "base/said_limits.hpp"

namespace bellwether::plugin {

// "requests", and of "tokens", "input_tokens" and "output_tokens" the one of which the smallest
// share is left. Other names say nothing to this host.
SaidLimits said_limits_of(const bw_limits& told);

}  // namespace bellwether::plugin
