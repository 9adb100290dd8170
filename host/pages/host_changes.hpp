// What differs between two hosts: what /admin/config shows, and what it hides.
#pragma once

#include <string>
#include <vector>

#include "front/host.hpp"
#include "report/config_changes.hpp"

namespace bellwether::pages {

// The configuration in effect, with every default filled in, as JSON.
std::string config_json(const front::Host& host);

// Without the value of anything that is secret. A change of a secret is a change without values.
std::vector<report::ConfigChange> host_changes(const front::Host& before, const front::Host& now);

}  // namespace bellwether::pages
