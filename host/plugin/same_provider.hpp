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

// True if both are of the same file's place and the same plugin, and differ; null: no.
bool is_other_version(const Library* before, const Library* now);

// True if it is another version of the same plugin's file that is there now, and nothing else has
// changed in the config or behind it.
bool is_next_version(const KnownProvider& before, const KnownProvider& now);

}  // namespace bellwether::plugin
