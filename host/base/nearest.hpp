// Finds the name that somebody meant, for "did you mean ...?". Pure; for error paths only: its cost
// grows with the number of known names, though never with the length of a hostile one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bw {

// Longer names are taken for no misspelling of anything.
inline constexpr std::size_t k_nearest_name_bytes_max = 64;

// The known name nearest to `name`: by edits (a swap of neighbours is one), or because one
// continues or contains the other. Case does not count; of equals the first wins; none if nothing
// is near.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

}  // namespace bw
