// Takes out the usage rows that were kept for long enough: a few at a time and between commits, so
// that no hold waits for it by more than some milliseconds. On the writer's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "ledger/clock.hpp"
#include "ledger/sqlite/database.hpp"

namespace bw::ledger {

inline constexpr std::size_t k_thinned_at_once = 500;  // rows

class SqliteThinning {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // `keep`: by when a call began; 0: for ever. The database outlives this.
    static Result<SqliteThinning> prepare(Database& database, std::chrono::milliseconds keep,
                                          Clock clock);

    // When there may be rows to take out.
    Moment due() const { return due_; }
    // Does nothing before that. A failure is logged, and is none of the ledger's: it tries again.
    void look(Moment now);
    // A single transaction. How many rows it took out.
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

}  // namespace bw::ledger
