#include "plugin/load_models.hpp"

#include <algorithm>

namespace bellwether::plugin {
namespace {

// Whether the server at base_url has the models of the plugin's manifest. Many servers speak
// the dialect of a vendor, but only the vendor's own host, or a region's host below its domain,
// has the vendor's models.
bool has_own_models(const LoadedProvider& provider) {
    if (provider.manifest.models_elsewhere) return true;
    const auto host_of = [](std::string_view origin) {
        origin.remove_prefix(std::min(origin.find("://"), origin.size()));
        return std::string(origin);
    };
    const std::string own = host_of(origin_of(provider.manifest.base_url));
    const std::string here = host_of(provider.origin);
    return here == own || (own.size() > 3 && here.ends_with("." + own.substr(3)));
}

}  // namespace

void load_models(const config::Provider& wanted, LoadedProvider& provider) {
    provider.models = provider.manifest.models;
    if (!has_own_models(provider)) {
        for (Model& model : provider.models) model.listed = false;
    }
    for (const auto& id : wanted.models) {
        const auto known = std::ranges::find(provider.models, id, &Model::id);
        if (known == provider.models.end()) {
            provider.models.push_back({.id = id});
        } else {
            known->listed = true;
        }
    }
}

}  // namespace bellwether::plugin
