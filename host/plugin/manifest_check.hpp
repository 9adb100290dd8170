// Every mistake in a plugin's manifest, before anything is read from it: an author sees them all at
// once, and nothing that was misspelt or of the wrong type is taken for left out.
#pragma once

#include <bellwether/json.hpp>

#include <string>
#include <vector>

namespace bw::plugin {

struct ManifestFindings {
    std::vector<std::string> mistakes;  // the plugin cannot be used
    std::vector<std::string> doubts;    // what this host does not know, and passes over
    std::vector<std::string> misspelt;  // of these, what resembles something that it knows
};

// `root` is a JSON object.
ManifestFindings check_manifest(const json::Value& root);

}  // namespace bw::plugin
