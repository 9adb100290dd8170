// `nearest` finds the name that somebody meant, for "did you mean ...?". It is pure, and for error
// paths only: its cost grows with the number of known names, but a hostile, very long name costs
// nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bellwether {

// A name that is longer than this is not compared with any other.
inline constexpr std::size_t k_nearest_name_bytes_max = 64;

// Returns the known name that is nearest to `name`: few edits make one into the other (a swap of
// neighbours is one edit), or one begins like the other or contains it. Case does not count; of
// two that are equally near the first is returned; nothing if no name is near.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

}  // namespace bellwether
