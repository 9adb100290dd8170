// Checks whether the rules and keys of a file can ever apply to a call. A rule that matches no call
// would silently count nothing, so it is reported.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/names.hpp"
#include "config/section.hpp"

namespace bellwether::config {

// The names of the file that a rule may refer to.
struct KnownNames {
    explicit KnownNames(const Config& config);

    std::vector<std::string> providers;
    std::vector<std::string> routes;  // by their model names and patterns; of shadows, too
    std::vector<std::string> keys;    // empty: callers need no key
    std::vector<std::string> teams;   // of the keys
    const Config& config;
};

// Whether a call can ever have `name` as its `subject`; reports it if not. `match` is the table
// that the name stands in.
bool check_name(const Section& match, Subject subject, const Text& name, const KnownNames& known);

// Reports a `match` whose names are all known, but which no call can have together.
void check_together(const Section& match, const Scope& scope, const KnownNames& known);

// Reports models that keys may use, but that no route and no alias serves.
void check_key_models(const Config& config, Report& report);

// Reports aliases that lead nowhere or in a circle.
void check_aliases(std::span<const Route> routes, Report& report);

// Reports budgets of money that count calls of a model without a price, whose cost nobody knows. A
// model that only a pattern names is checked when a call for it comes.
void check_priced(const Config& config, Report& report);

}  // namespace bellwether::config
