// Finds the address of the host that a verb asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/cli.hpp"

namespace bellwether::cli {

// "http://127.0.0.1:4141", also for the hosts "0.0.0.0" and "::", which mean every address.
std::string url_of(const std::string& host, std::uint16_t port);

// The URL of --url, else of the host of the config that --config names, else of $BELLWETHER_URL,
// else of the host of the config that is found, else the default. A trailing slash or "/v1" is cut
// off. Nothing: the URL is wrong or not known, and standard error says why.
std::optional<std::string> host_url(const Common& common, const std::string& given);

}  // namespace bellwether::cli
