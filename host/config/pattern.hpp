// What a route's model pattern matches, and which of two patterns counts. Pure.
#pragma once

#include <span>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::config {

// Longer model names match nothing: callers check this, so that a hostile name costs little.
inline constexpr std::size_t k_model_bytes_max = 256;

bool is_glob(std::string_view pattern);

// `*`: any run of characters, also none; `?`: one character. Never slower than the product of the
// two lengths, whatever they hold.
bool glob_match(std::string_view pattern, std::string_view name);

// Whether there is a name that both of them match. Costs no more than the product of the two
// lengths.
bool patterns_overlap(std::string_view pattern, std::string_view other);

// Whether `pattern` wins over `other`. An exact name beats a glob; then more literal characters
// win; then anything beats "*"; then the lexicographically smaller text wins, so that the order of
// the routes never matters.
bool more_specific(std::string_view pattern, std::string_view other);

// The route that serves a name; null: none. Compares the name with every route, so it is for
// checks; calls use route/matcher.hpp.
const Route* best_match(std::span<const Route> routes, std::string_view name);

}  // namespace bellwether::config
