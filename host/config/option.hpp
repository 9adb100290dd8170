// A plugin's own settings, from TOML to JSON.
#pragma once

#include <string>

#include "config/section.hpp"

namespace bw::config {

// The value as JSON; dates become strings. Reports numbers that JSON does not have, and what looks
// like a credential. `name` leads the messages.
std::string to_json(const toml::node& node, const std::string& name, Report& report);

}  // namespace bw::config
