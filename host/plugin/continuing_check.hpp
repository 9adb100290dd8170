// Checks the routes whose streams are to go on elsewhere if they break off.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

// Warns of each route that asks for what none of its providers can do.
void check_continuing(const config::Config& config, const Registry& registry,
                      std::vector<config::Diagnostic>& diagnostics);

}  // namespace bellwether::plugin
