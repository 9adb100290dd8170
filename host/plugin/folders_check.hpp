// Checks the folders in which a config has plugins looked for.
#pragma once

#include <vector>

#include "config/config.hpp"

namespace bellwether::plugin {

// Warns of each entry of plugin_path that is no folder. Such an entry is skipped, so that a plugin
// of the same name that comes with the host would run instead of the one that was meant.
void check_folders(const config::Config& config, std::vector<config::Diagnostic>& diagnostics);

}  // namespace bellwether::plugin
