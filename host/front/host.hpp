// `Host` is what one configuration makes of the host: all that is constant while it is in effect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "plugin/registry.hpp"
#include "policy/keys/key_ring.hpp"
#include "policy/notices/webhooks.hpp"
#include "route/catalogue.hpp"
#include "route/table.hpp"

namespace bellwether::front {

// Shared by all workers. `routes` and `keys` point into `config`, whose routes and keys stay where
// they are when a Host is moved.
struct Host {
    config::Config config;
    plugin::Registry registry;
    route::Table routes;
    route::Catalogue catalogue;
    std::int64_t started_unix = 0;  // seconds
    policy::KeyRing keys;
    std::vector<policy::WebhookTarget> webhooks;
    std::vector<std::string> kept_headers;  // of clients' requests; incoming_call.hpp
};

// The host that a config describes, and every mistake in the config. A mistake that only follows
// from another one is left out.
struct HostCheck {
    std::optional<Host> host;                     // nothing: one of the diagnostics is an error
    std::vector<config::Diagnostic> diagnostics;  // in the order of their places
};

}  // namespace bellwether::front
