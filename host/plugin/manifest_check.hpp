// Finds every mistake in a plugin's manifest before anything is read from it. The author sees all
// of them at once, and a member that is misspelt or of the wrong type is not treated as missing.
#pragma once

#include <string>
#include <vector>

#include "json/value.hpp"

namespace bellwether::plugin {

struct ManifestFindings {
    std::vector<std::string> mistakes;  // the plugin cannot be used
    std::vector<std::string> doubts;    // members that this host does not know and ignores
    std::vector<std::string> misspelt;  // those of `doubts` whose name resembles a known one
};

// `root` is a JSON object.
ManifestFindings check_manifest(const json::Value& root);

}  // namespace bellwether::plugin
