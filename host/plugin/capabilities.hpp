// What this host can do beside what every host of ABI 1 can: the names that a manifest's "needs"
// and bw_host_api's `has` know.
#pragma once

#include <string_view>

namespace bellwether::plugin {

bool can(std::string_view capability);

}  // namespace bellwether::plugin
