// Where else than to its base URL a provider's requests may go.
#pragma once

#include <string_view>

#include "config/sections.hpp"

namespace bellwether::config {

inline constexpr Worded k_origins{"array of origins", k_texts.schema, {.number = 32}};

void read_origins(Section& section, std::string_view key, Provider& provider);

// Warns if a credential would cross the network as plain text, to the base URL or elsewhere.
void warn_of_plain_http(Section& section, const Provider& provider);

}  // namespace bellwether::config
