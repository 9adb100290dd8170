// What a ledger's file knows when a host opens it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.hpp"
#include "ledger/book.hpp"
#include "ledger/sqlite/database.hpp"

namespace bw::ledger {

Result<std::vector<StoredTally>> load_budgets(Database& database);
Result<std::vector<StoredTally>> load_rates(Database& database);

// Settles, at their estimates, the calls of a host that is no more: the lock proves that it is
// none. Gives how many there were.
Result<std::size_t> settle_dead_holds(Database& database);

}  // namespace bw::ledger
