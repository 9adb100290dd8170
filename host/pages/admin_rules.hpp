// The ledger, the budgets and the limits on the page of the configuration.
#pragma once

#include "config/config.hpp"
#include "json/writer.hpp"

namespace bw::pages {

// Writes the members ledger, budgets and limits.
void write_rules(json::PrettyWriter& writer, const config::Config& config);

}  // namespace bw::pages
