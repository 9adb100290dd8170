// What a plugin says that a request can use at most, by bw.estimate/1: vendors' own ways to ask for
// more are known to it, and not to the host.
#pragma once

#include <optional>
#include <string_view>

#include "base/call.hpp"
#include "base/usage.hpp"
#include "plugin/instance.hpp"

namespace bellwether::plugin {

// Nothing: it has no opinion. Figures that are -1, and units without a name in it, are the host's
// to estimate. `body`: as the upstream gets it, but for the model's name.
std::optional<Usage> estimate(Instance& instance, const Call& call, std::string_view model,
                              std::string_view body);

// The host's side of the extension.
const bw_estimate_host& estimate_host();

}  // namespace bellwether::plugin
