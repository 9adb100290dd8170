// The ledger, the budgets and the limits on the page of the configuration.
#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"
#include "json/writer.hpp"

namespace bw::pages {

// Writes the members ledger, budgets and limits.
void write_on_limit(json::PrettyWriter& writer, std::chrono::milliseconds wait, std::size_t length);
void write_rules(json::PrettyWriter& writer, const config::Config& config);

// As a config writes them.
std::string_view name_of(config::Subject subject);
std::string_view name_of(config::Count count);
std::string_view name_of(config::BudgetMode mode);
std::string_view name_of(calendar::Unit unit);
std::string amount_text(const config::Budget& budget);  // "10 USD", "1500 ktok"
std::string rate_text(const config::Rate& rate);        // "100/min"

}  // namespace bw::pages
