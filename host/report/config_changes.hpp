// What differs between two configurations, in the terms of /admin/config. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bellwether::report {

// One setting, or a whole part such as a provider that is new or gone. The values are JSON, without
// any secret; empty: there is none on that side, or it is not shown.
struct ConfigChange {
    std::string name;  // "server.drain", "providers.openai", "routes[qwen-*].strategy"
    std::string before;
    std::string now;

    bool operator==(const ConfigChange&) const = default;
};

// Both are objects as /admin/config has them.
std::vector<ConfigChange> config_changes(std::string_view before, std::string_view now);

// "server.drain: \"30s\" -> \"1m\"", "providers.openai: added"
std::string to_string(const ConfigChange& change);

}  // namespace bellwether::report
