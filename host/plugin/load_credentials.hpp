// Makes the credentials of a provider, of what its plugin's manifest asks for, its config gives and
// the environment has.
#pragma once

#include <vector>

#include "plugin/option_values.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

struct CredentialSources {
    const config::Provider& wanted;
    config::Secrets secrets;
    OptionValues& values;
    std::vector<config::Diagnostic>& diagnostics;
};

// The provider's addresses and its wire have been resolved.
void load_credentials(const CredentialSources& sources, LoadedProvider& provider);

}  // namespace bellwether::plugin
