// Reads and writes shares of a whole: 0.8 or "80%". They are counted in hundredths of a percent.
#pragma once

#include <optional>
#include <string>

#include "config/section.hpp"

namespace bellwether::config {

inline constexpr int k_whole_share = 10'000;

// Nothing: it is no share above 0 and up to the whole.
std::optional<int> share_of(const toml::node& node);
std::string share_text(int share);  // "80.00%"

}  // namespace bellwether::config
