// `include` and `keys_file`: what other files hold becomes a part of the config before it is read.
// So every rule, such as that names are unique, holds across all of its files.
#pragma once

#include <span>
#include <string_view>

#include "config/section.hpp"

namespace bellwether::config {

// A section of which a config may have several: [[name]], or [name.NAME] if it is named. Only such
// sections may stand in an included file. Of the others, one place is to be looked at.
struct SharedSection {
    std::string_view name;
    bool named = false;
};

// The sections of a config: those that may be shared, and the keys that stand in the main file
// only.
struct SharedSections {
    std::span<const SharedSection> shared;
    std::span<const std::string_view> alone;
};

inline constexpr std::string_view k_include = "include";
inline constexpr std::string_view k_keys_file = "keys_file";

// Moves what the files hold to the end of the sections in `root`, the table of the main file. Notes
// in the config which files and folders they are. False: a file could not be read, so that what is
// there is not the whole config, and much would seem wrong that is not.
bool take_in_files(toml::table& root, const SharedSections& sections, Report& report,
                   const ReadContext& around, Config& config);

}  // namespace bellwether::config
