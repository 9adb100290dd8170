// Which models a provider has: those of its plugin's catalogue, and those that the config adds.
#pragma once

#include "config/config.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

// The provider's addresses have been resolved.
void load_models(const config::Provider& wanted, LoadedProvider& provider);

}  // namespace bellwether::plugin
