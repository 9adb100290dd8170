// Resolves where a provider's upstream is: its base URL, and where else its requests may go.
#pragma once

#include <vector>

#include "plugin/option_values.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

void load_addresses(const config::Provider& wanted, OptionValues& values, LoadedProvider& provider,
                    std::vector<config::Diagnostic>& diagnostics);

}  // namespace bellwether::plugin
