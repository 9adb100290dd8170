#include "plugin/capabilities.hpp"

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>

#include <algorithm>
#include <array>

#include "credentials/credential_kind.hpp"

namespace bellwether::plugin {

bool can(std::string_view capability) {
    constexpr std::array<std::string_view, 6> k_known{
        "frame.aws", "frame.item", "emit.bytes", BW_EXT_ENGINE, BW_EXT_ESTIMATE, BW_EXT_MODELS};
    constexpr std::string_view k_auth = "auth.";
    if (capability.starts_with(k_auth)) {
        return credentials::kind_named(capability.substr(k_auth.size())).has_value();
    }
    return std::ranges::find(k_known, capability) != k_known.end();
}

}  // namespace bellwether::plugin
