// The handle that a plugin is given for a service or an instance, to name it in calls to the host.
#pragma once

#include <cstddef>
#include <optional>

#include "base/error.hpp"

namespace bellwether::plugin {
struct LoadedProvider;
}

struct bw_host {
    const bellwether::plugin::LoadedProvider* provider = nullptr;
    std::size_t worker = 0;                      // whose instance it is
    std::optional<bellwether::Error> told = {};  // why the function of the plugin that runs fails
};
