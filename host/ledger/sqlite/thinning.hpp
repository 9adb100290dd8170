// `SqliteThinning` deletes the usage rows that are older than they are to be kept: a few at a time
// and between commits, so that no hold waits more than some milliseconds for it. Used on the
// writer's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "ledger/clock.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

inline constexpr std::size_t k_thinned_at_once = 500;  // rows

class SqliteThinning {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // `keep` is how long a row is kept, counted from when its call began; 0: for ever. The caller
    // keeps the database for longer than this.
    static Result<SqliteThinning> prepare(Database& database, std::chrono::milliseconds keep,
                                          Clock clock);

    // When to look for old rows again.
    Moment due() const { return due_; }
    // Deletes a batch of old rows, if that is due. A failure is only logged: the ledger does not
    // count as failing for it, and the next look tries again.
    void look(Moment now);
    // Deletes one batch in a single transaction. Returns how many rows it deleted.
    Result<std::size_t> thin();

  private:
    SqliteThinning(Database& database, Statement remove, std::chrono::milliseconds keep,
                   Clock clock);

    Database* database_;
    Statement remove_;
    std::int64_t keep_us_;
    Clock clock_;
    Moment due_;
};

}  // namespace bellwether::ledger
