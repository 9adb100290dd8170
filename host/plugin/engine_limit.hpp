// How many calls at once a plugin takes that computes by itself.
#pragma once

#include "config/config.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

// Gives each provider whose plugin says how many calls it takes at once that limit, unless the
// config has one. Calls at once are counted in the ledger; without one, in memory.
void limit_engines(config::Config& config, const Registry& registry);

}  // namespace bellwether::plugin
