// Where the host is that a verb asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/cli.hpp"

namespace bw::cli {

// "http://127.0.0.1:4141"; of an address that stands for all of a machine's, this machine's own.
std::string url_of(const std::string& host, std::uint16_t port);

// Without the trailing slash and "/v1" that people give with it: what --url names, else the host of
// the config that --config names, else $BELLWETHER_URL, else the host of the config that is found,
// else the default. Nothing: it cannot be told, and standard error says why.
std::optional<std::string> host_url(const Common& common, const std::string& given);

}  // namespace bw::cli
