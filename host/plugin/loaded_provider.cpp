// What others ask of a provider that was loaded (registry.hpp).
#include <algorithm>
#include <bellwether/provider/rules.hpp>

#include "plugin/registry.hpp"

namespace bellwether::plugin {

std::string origin_of(std::string_view url) { return bw::rules::origin(url); }

const credentials::Credential* LoadedProvider::credential(std::string_view credential_name,
                                                          std::size_t which) const {
    if (credential_name == api_keys_of && which < api_keys.size() && api_keys[which]) {
        return api_keys[which].get();
    }
    const auto found = std::ranges::find(credentials, credential_name, &LoadedCredential::name);
    return found == credentials.end() ? nullptr : found->credential.get();
}

}  // namespace bellwether::plugin
