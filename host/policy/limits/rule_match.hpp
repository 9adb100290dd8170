// Which rules are for a call, and which of a rule's counters counts it. Pure.
#pragma once

#include <span>
#include <string_view>

#include "config/config.hpp"

namespace bw::policy {

// What rules look at. What a call does not have is empty, which "*" fits, too.
struct Facts {
    std::string_view key;       // the name of the client's key
    std::string_view team;      // of the key
    std::string_view user;      // as the client says
    std::string_view model;     // that was asked for, aliases followed
    std::string_view provider;  // one that the call may be sent to
    std::string_view route;     // the model of the route that serves it

    std::string_view of(config::Subject subject) const;
};

bool fits(const config::Scope& scope, const Facts& facts);

// Whether the answers of fits() and counter_value() change with the provider: then each provider
// that a call may be sent to has to be asked for.
bool depends_on_provider(const config::Scope& scope);

// Whom the rule's counter is for; empty: it has a single one, or the call has no such thing.
std::string_view counter_value(const config::Scope& scope, const Facts& facts);

}  // namespace bw::policy
