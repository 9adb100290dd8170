// What a simulation is of: the host's configuration, who asks for what, and how its upstreams do.
#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "weather.hpp"

namespace bellwether::simulator {

struct Plan {
    const char* file;  // the configuration
    std::span<const char* const> models;
    // How all upstreams do all the time; nothing: as chance will have it.
    std::optional<Sky> sky = {};
    // The time between two calls; nothing: chance decides.
    std::optional<std::chrono::milliseconds> gap = {};
    // Clients hang up, read slowly and set deadlines, and the ledger fails, as chance will have it.
    bool is_wild = true;
    // The configuration is read again now and then, and is a little different each time.
    bool is_reloaded = true;
};

}  // namespace bellwether::simulator
