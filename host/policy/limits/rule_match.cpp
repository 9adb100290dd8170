#include "policy/limits/rule_match.hpp"

#include <algorithm>
#include <utility>

#include "config/pattern.hpp"

namespace bellwether::policy {

using config::Subject;

std::string_view Facts::of(Subject subject) const {
    switch (subject) {
        case Subject::key: return key;
        case Subject::team: return team;
        case Subject::user: return user;
        case Subject::model: return model;
        case Subject::provider: return provider;
        case Subject::route: return route;
    }
    std::unreachable();
}

bool fits(const config::Scope& scope, const Facts& facts) {
    for (std::size_t i = 0; i < config::k_subjects; ++i) {
        const auto& patterns = scope.match[i];
        if (patterns.empty()) continue;
        const std::string_view fact = facts.of(static_cast<Subject>(i));
        const auto matches = [&](std::string_view pattern) {
            return config::glob_match(pattern, fact);
        };
        if (std::ranges::none_of(patterns, matches)) return false;
    }
    return true;
}

bool depends_on_provider(const config::Scope& scope) {
    return scope.each == Subject::provider || !scope.names(Subject::provider).empty();
}

std::string_view counter_value(const config::Scope& scope, const Facts& facts) {
    return scope.each ? facts.of(*scope.each) : std::string_view();
}

}  // namespace bellwether::policy
