// What the tables of keys say, for people and editors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bw::config {

// The JSON Schema (draft 7) of the file, one line for each key.
std::string schema();

// A key as docs/configuration.md has it: "| `drain` | duration | `"30s"` | ... | how long", up to
// the end of its first sentence.
struct ReferenceSection {
    std::string_view heading;  // empty: the page has no table of it
    std::vector<std::string> rows;
};
std::vector<ReferenceSection> reference();

}  // namespace bw::config
