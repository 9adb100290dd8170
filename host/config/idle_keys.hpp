// Checks whether the keys of routes can ever do what they are for.
#pragma once

#include "config/report.hpp"

namespace bellwether::config {

// Warns of keys of routes that nothing will ever come of, as the file lacks what they need. Must
// come last, and does nothing if the file has an error: that may be why something is lacking.
void check_idle_keys(const Config& config, Report& report);

}  // namespace bellwether::config
