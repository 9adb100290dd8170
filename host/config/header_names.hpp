// Names of headers that a config gives. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/section.hpp"

namespace bw::config {

// In lower case, each once. Reports those that are no names, and those that a client must not set
// in a request to an upstream: what frames it, whom it is for, and who asks.
std::vector<std::string> read_forward_headers(Section& section);

}  // namespace bw::config
