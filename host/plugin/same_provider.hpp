// Whether a provider is still the same one after its config was read again. Then it is kept, with
// its service, its instances, its tokens and its connections.
#pragma once

#include "config/config.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

// A provider as the config has it, and as it was loaded.
struct KnownProvider {
    const config::Provider& wanted;
    const LoadedProvider& loaded;
};

// True if nothing differs that the plugin, its credentials or its connections could notice. The
// values behind credentials count, not only where they are read from.
bool is_same(const KnownProvider& before, const KnownProvider& now);

}  // namespace bellwether::plugin
