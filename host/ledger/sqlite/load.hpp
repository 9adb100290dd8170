// Reads the counters of a ledger's file when a host opens it, and settles the calls that an earlier
// host has left there.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.hpp"
#include "ledger/book.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

Result<std::vector<StoredTally>> load_budgets(Database& database);
Result<std::vector<StoredTally>> load_rates(Database& database);

// Settles the holds in the file at their estimates, but those of `alive`. The caller has the file's
// lock, so no other host owns them any more. Returns how many there were.
Result<std::size_t> settle_dead_holds(Database& database, const std::vector<Hold>& alive);

}  // namespace bellwether::ledger
