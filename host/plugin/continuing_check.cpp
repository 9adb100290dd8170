#include "plugin/continuing_check.hpp"

#include <fmt/format.h>

namespace bellwether::plugin {

void check_continuing(const config::Config& config, const Registry& registry,
                      std::vector<config::Diagnostic>& diagnostics) {
    for (const config::Route& route : config.routes) {
        if (!route.continue_stream) continue;
        bool possible = false;
        config::for_each_target(route, [&](const config::Target& target) {
            const LoadedProvider& provider = *registry.providers[target.provider];
            // What a plugin can do that is not there is not known.
            possible |= !provider.is_whole || !provider.manifest.continues_with.empty();
        });
        if (possible) continue;
        diagnostics.push_back(
            {.severity = config::Severity::warning,
             .file = config.file_of(route.at).string(),
             .at = route.at,
             .what = fmt::format("no stream of the route \"{}\" can go on after it broke off: none "
                                 "of its providers can take up an answer",
                                 route.model),
             .hint = "add a target at a provider whose plugin has \"continues_with\" in its "
                     "manifest, or leave continue_stream out"});
    }
}

}  // namespace bellwether::plugin
