// How the budgets and limits stand as JSON: what the admin page answers, and the command line
// prints.
#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"
#include "report/budget_report.hpp"

namespace bw::pages {

// `name`: only the budget or limit of this name; empty: all.
std::string budgets_json(const policy::BudgetReport& report, const config::Config& config,
                         std::string_view name);

// Whether a budget, or a limit on calls at once, has this name.
bool is_reported(const config::Config& config, std::string_view name);
bool is_budget(const config::Config& config, std::string_view name);
// What to say where none has it.
std::string unknown_budget(const config::Config& config, std::string_view name);
// The counters' part of a reply to a reset.
std::string reset_json(std::string_view name, std::size_t counters);

}  // namespace bw::pages
