// How the copies of a route's calls are named where a call has the name of its route.
#pragma once

#include <string>

#include "config/routing.hpp"

namespace bellwether::config {

inline std::string shadow_name(const Route& route) { return "shadow:" + route.model; }

}  // namespace bellwether::config
