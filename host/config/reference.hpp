// The tables of keys as a JSON Schema for editors and as a reference for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace bellwether::config {

// The rows of every section, those of the top level first.
std::vector<SectionFacts> all_sections();

// Whether a reload leaves a setting as it is, as /admin/config names it: "server.workers".
bool needs_restart(std::string_view setting);

// The JSON Schema (draft 7) of the file, one line for each key.
std::string schema();

// A section of docs/configuration.md. A row is one key, up to the end of its first sentence:
// "| `drain` | duration | `"30s"` | ... | how long".
struct ReferenceSection {
    std::string_view heading;  // empty: the page has no table of it
    std::vector<std::string> rows;
};
std::vector<ReferenceSection> reference();

}  // namespace bellwether::config
