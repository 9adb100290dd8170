// The ledger, the budgets and the limits on the page of the configuration.
#pragma once

#include <chrono>
#include <cstddef>

#include "config/config.hpp"
#include "json/writer.hpp"

namespace bw::pages {

// Writes the members ledger, budgets and limits.
void write_on_limit(json::PrettyWriter& writer, std::chrono::milliseconds wait, std::size_t length);
void write_rules(json::PrettyWriter& writer, const config::Config& config);

}  // namespace bw::pages
