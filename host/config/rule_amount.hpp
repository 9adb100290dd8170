// Amounts that a rule counts up to: tokens, money, and so many in a time. Each reader reports what
// is wrong and gives nothing for it.
#pragma once

#include <optional>
#include <string_view>

#include "config/section.hpp"

namespace bw::config {

struct BudgetAmount {
    BudgetUnit unit = BudgetUnit::tokens;
    std::int64_t amount = 0;
};

// "100 Mtok" or "50 USD".
std::optional<BudgetAmount> read_budget_amount(Section& rule, std::string_view key);

// "60/min", "200k/min"; its burst is the whole amount.
std::optional<Rate> read_rate(Section& rule, std::string_view key, std::string_view example);

}  // namespace bw::config
