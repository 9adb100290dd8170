// Decides which rules count a call, and which counter of a rule counts it. Pure.
#pragma once

#include <span>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::policy {

// The properties of a call that a rule is matched against. A property that the call does not have
// is an empty text, which the pattern "*" matches as well.
struct Facts {
    std::string_view key;       // the name of the client's key
    std::string_view team;      // of the key
    std::string_view user;      // as the client says
    std::string_view model;     // the one asked for, after its aliases were followed
    std::string_view provider;  // one that the call may be sent to
    std::string_view route;     // the model of the route that serves it

    std::string_view of(config::Subject subject) const;
};

bool fits(const config::Scope& scope, const Facts& facts);

// True if the results of fits() and counter_value() depend on the provider: then they are needed
// for each provider that a call may be sent to.
bool depends_on_provider(const config::Scope& scope);

// The value that selects the rule's counter for this call, such as the name of a key. Empty: the
// rule has a single counter, or the call does not have this property.
std::string_view counter_value(const config::Scope& scope, const Facts& facts);

}  // namespace bellwether::policy
