// How the target of a candidate changes the body of a request, as its configuration says.
#pragma once

#include "json/upstream_body.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

inline bool has_body_changes(const route::Candidate& candidate) {
    const config::Target* const target = candidate.target;
    return target != nullptr && !(target->set.empty() && target->drop.empty());
}

// The views last as long as the configuration.
inline json::BodyChanges body_changes(const route::Candidate& candidate) {
    json::BodyChanges changes;
    if (!has_body_changes(candidate)) return changes;
    for (const config::Option& member : candidate.target->set) {
        changes.set.push_back({member.key, member.json});
    }
    changes.drop = candidate.target->drop;
    return changes;
}

}  // namespace bellwether::policy
