// Reads and writes shares of a whole (base/share.hpp): 0.8 or "80%".
#pragma once

#include <optional>
#include <string>

#include "base/share.hpp"
#include "config/section.hpp"

namespace bellwether::config {

// Nothing: it is no share above 0 and up to the whole.
std::optional<int> share_of(const toml::node& node);
std::string share_text(int share);  // "80.00%"

}  // namespace bellwether::config
