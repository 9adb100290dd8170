// Usage rows and claims as they stand in the tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/journal.hpp"
#include "ledger/sqlite/database.hpp"
#include "ledger/usage_row.hpp"

namespace bw::ledger {

// Binds the k_usage_columns from `at` on.
void bind_usage(Statement& statement, int at, const UsageRow& row);
// Reads them from column `at` on.
UsageRow read_usage(const Statement& statement, int at);

// The number of a budget's counter, and what is held of it.
using StoredClaim = std::pair<std::uint64_t, std::int64_t>;
// Of budgets only: what else is held ends with the process.
std::string claims_text(const HeldCall& call);
std::vector<StoredClaim> parse_claims(std::string_view text);

}  // namespace bw::ledger
