// Makes net::WireOptions from a provider's config: chooses the proxy and resolves the proxy's
// credential. Done once, at start-up, because reading the environment takes time and its variables
// may change.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "net/wire.hpp"

namespace bellwether::plugin {

struct WireFault {
    config::Position at;  // of the wrong key; line 0: the environment is wrong
    std::string what;
};

std::expected<std::shared_ptr<const net::WireOptions>, WireFault> make_wire(
    const config::Wire& wanted, const std::string& base_url);

}  // namespace bellwether::plugin
