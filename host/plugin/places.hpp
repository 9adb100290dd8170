// Where an upstream is: the operator's business, and nobody else's. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bw::plugin {

// The ways to say where a provider is, in lower case, longer ones first: the beginning of its URL,
// its host with the port and without, and those of its proxy. An empty URL is none.
std::vector<std::string> places_of(std::string_view base_url, std::string_view proxy_url);

// The text without them, as a client may see it. A URL goes with all of its path.
std::string without_places(std::string_view text, std::span<const std::string> places);

}  // namespace bw::plugin
