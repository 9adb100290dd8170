// Reads a file that the config names by one of its keys: one that is included, or that has prices
// or client keys.
#pragma once

#include "config/section.hpp"

namespace bellwether::config {

struct NamedFile {
    std::string_view key;  // by which the config names it
    Text name;             // as the config has it
    std::filesystem::path file;
    std::string_view expected;  // what a file of this key is
};

// False: there is no such file, it cannot be read or it is not TOML, and the report says so.
bool parse_named_file(const NamedFile& named, toml::table& table, Report& report);

}  // namespace bellwether::config
