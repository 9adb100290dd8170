// The words of budgets and limits as a config writes them, for whoever shows a rule. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bw::config {

std::string_view name_of(Subject subject);
std::string_view name_of(Count count);
std::string_view name_of(BudgetMode mode);
std::string_view name_of(calendar::Unit unit);

std::string amount_text(const Budget& budget);  // "10 USD", "1500 ktok"
std::string rate_text(const Rate& rate);        // "100/min"

}  // namespace bw::config
