// Hides the addresses of upstreams in texts for clients: only the operator may know them. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether::plugin {

// The texts that would tell where a provider is, in lower case, the longest first: the beginning of
// its URL, its host with and without the port, and the same of its proxy's URL and of `others`. An
// empty URL adds nothing.
std::vector<std::string> places_of(std::string_view base_url, std::string_view proxy_url,
                                   std::span<const std::string> others = {});

// The text as a client may see it, with other words in place of each of `places`. A URL is replaced
// up to the end of its path and query.
std::string without_places(std::string_view text, std::span<const std::string> places);

}  // namespace bellwether::plugin
