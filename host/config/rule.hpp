// Reads what budgets and limits have in common.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reach.hpp"
#include "config/section.hpp"

namespace bellwether::config {

// What budgets, limits and webhooks may be called.
bool is_plain_name(std::string_view text);
inline constexpr std::string_view k_plain_name_expected =
    R"(at most 64 lower-case letters, digits, "-" and "_")";

// Reads the key `match` of a rule.
void read_match(Section& rule, const KnownNames& known, Scope& scope);

// The names of all rules. A rule's counters have its name, so no two rules may share one.
class RuleNames {
  public:
    // Reads the name of a rule; `fallback` if the file gives none. Empty: the name is wrong, or it
    // is missing without a fallback.
    std::string read(Section& rule, std::string_view kind, std::string fallback);

  private:
    std::map<std::string, Position> places_;  // of the rules
};

struct BudgetAmount {
    BudgetUnit unit = BudgetUnit::tokens;
    std::int64_t amount = 0;
};

// Reads a budget's amount: "100 Mtok" or "50 USD".
std::optional<BudgetAmount> read_budget_amount(Section& rule, std::string_view key);

// Reads a rate: "60/min", "200k/min". Its burst is the whole amount.
std::optional<Rate> read_rate(Section& rule, std::string_view key, std::string_view example);

}  // namespace bellwether::config
