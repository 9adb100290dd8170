// Puts [log] into effect.
#pragma once

#include "config/config.hpp"

namespace bellwether::serve {

void apply(const config::Log& log);

}  // namespace bellwether::serve
