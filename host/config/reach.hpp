// Whom the rules and keys of a file can ever be for. A rule that names nobody counts nothing, in
// silence, so whoever wrote it is told.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/names.hpp"
#include "config/section.hpp"

namespace bw::config {

// What a rule may name because it is in the file.
struct KnownNames {
    explicit KnownNames(const Config& config);

    std::vector<std::string> providers;
    std::vector<std::string> routes;  // the models that they are for
    std::vector<std::string> keys;    // none: callers are not asked for one
    std::vector<std::string> teams;   // of the keys
    const Config& config;
};

// Says so if `name`, which stands in `match` for `subject`, can never be that of a call; and
// whether it can.
bool check_name(const Section& match, Subject subject, const Text& name, const KnownNames& known);

// Says so if each name of `match` is somebody's and no call has all of them.
void check_together(const Section& match, const Scope& scope, const KnownNames& known);

// Models that keys may use and that no route and no alias serves.
void check_key_models(const Config& config, Report& report);

// Aliases that lead nowhere or in a circle.
void check_aliases(std::span<const Route> routes, Report& report);

// Budgets of money that a model without a price could pass by. A model that only a pattern names is
// looked at when a call for it comes.
void check_priced(const Config& config, Report& report);

}  // namespace bw::config
