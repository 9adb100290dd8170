// What a host runs in, as far as an upgrade has to know it.
#pragma once

#include <optional>
#include <string>

namespace bellwether::serve {

// Why this host cannot end without what comes after it ending as well, as a sentence; nothing: it
// can.
std::optional<std::string> why_not_to_end();

}  // namespace bellwether::serve
