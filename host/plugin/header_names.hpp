// Which headers a manifest may ask for. Pure; names are in lower case.
#pragma once

#include <cstddef>
#include <string_view>

namespace bellwether::plugin {

inline constexpr std::size_t k_headers_listed_max = 32;

// Whether a plugin may see this header of a client's request: credentials it never sees.
bool may_be_seen(std::string_view name);

// Whether a plugin may set this header of the answer: it belongs neither to the message and the
// connection nor to the host.
bool may_be_answered(std::string_view name);

}  // namespace bellwether::plugin
