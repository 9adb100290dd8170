// Turns usage rows and claims into columns of the file's tables, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/journal.hpp"
#include "ledger/sqlite/database.hpp"
#include "ledger/usage_row.hpp"

namespace bellwether::ledger {

// Binds a row to the k_usage_columns parameters from `at` on.
void bind_usage(Statement& statement, int at, const UsageRow& row);
// Reads a row from the k_usage_columns columns from `at` on.
UsageRow read_usage(const Statement& statement, int at);

// The number of a budget's counter, and the amount that is held of it.
using StoredClaim = std::pair<std::uint64_t, std::int64_t>;
// The text for the column `claims`. It has only the claims of budgets, as rates and concurrency are
// not settled for a host that has died.
std::string claims_text(const HeldCall& call);
std::vector<StoredClaim> parse_claims(std::string_view text);

}  // namespace bellwether::ledger
