// Makes of a provider's config what net needs to reach it: the proxy chosen, its credential
// resolved. Done once, at start-up: looking into the environment costs, and may change.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "net/wire.hpp"

namespace bw::plugin {

struct WireFault {
    config::Position at;  // line 0: of no key
    std::string what;
};

std::expected<std::shared_ptr<const net::WireOptions>, WireFault> make_wire(
    const config::Wire& wanted, const std::string& base_url);

}  // namespace bw::plugin
