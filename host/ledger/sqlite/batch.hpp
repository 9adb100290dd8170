// `Batch` collects the operations that the next commit writes. A counter is written once, with its
// last values; a call that began and ended since the last commit leaves only its usage row. What a
// commit does not write, or fails to write, stays in the batch, and later operations are merged
// into it. Only the journal's thread uses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"
#include "ledger/journal.hpp"
#include "ledger/numbers.hpp"
#include "ledger/sqlite/commit_window.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

struct BatchStatements {
    static Result<BatchStatements> prepare(Database& database);

    Statement put_counter, put_rate, drop_counter, drop_rate;
    Statement put_hold, drop_hold, put_usage;
    Statement begin, commit;
};

class Batch {
  public:
    void held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks);
    void settled(const HeldCall& call, Settlement settlement, std::vector<Mark> marks);
    void reset(std::vector<Mark> marks);
    void forgotten(std::uint64_t tally);

    // The smallest extent with which the holds of the batch may be written. It is `all` if the file
    // lacks a budget's counter that a hold names, as a hold must not be there without its counter.
    Extent least() const { return has_new_counters_ ? Extent::all : Extent::holds; }
    bool empty(Extent extent) const;
    // Whether a call has ended before its hold was written. The batch has only the settlement of
    // such a call, so the call is durable only once all of the batch is.
    bool has_ended_calls() const { return has_ended_calls_; }
    // Writes the batch, or only its holds, in one transaction, and removes from the batch what was
    // written. After a failure the caller rolls back.
    Result<void> write(BatchStatements& statements, Extent extent);

  private:
    Result<void> put_holds(BatchStatements& statements) const;
    Result<void> put_rest(BatchStatements& statements) const;
    Result<void> put_mark(BatchStatements& statements, const Mark& mark) const;
    void clear(Extent extent);

    std::unordered_map<std::uint64_t, Mark> marks_;  // by tally
    std::unordered_set<std::uint64_t> forgotten_;
    bool has_new_counters_ = false;  // marks_ has a budget that a hold has brought
    bool has_ended_calls_ = false;
    std::unordered_map<HoldId, std::shared_ptr<const HeldCall>, HoldIdHash> held_;
    std::vector<HoldId> settled_;  // holds to remove, which an earlier commit has written
    std::vector<UsageRow> rows_;
};

}  // namespace bellwether::ledger
