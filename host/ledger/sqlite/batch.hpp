// What is to be written. Operations fold into it: a counter is written once, as it stood last, and
// a call that began and ended since the last commit leaves its usage only. What was not written
// stays, and more folds in.
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

namespace bw::ledger {

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

    // The least that holds can be written by themselves with: a counter that the file does not
    // know as it is claimed of comes with all that has changed it.
    Extent least() const { return has_new_counters_ ? Extent::all : Extent::holds; }
    bool empty(Extent extent) const;
    // Whether a call is in it that has ended before its hold was written: of these the hold is
    // durable when all is.
    bool has_ended_calls() const { return has_ended_calls_; }
    // In a transaction of its own; what was written is gone from here.
    Result<void> write(BatchStatements& statements, Extent extent);

  private:
    Result<void> put_holds(BatchStatements& statements) const;
    Result<void> put_rest(BatchStatements& statements) const;
    Result<void> put_mark(BatchStatements& statements, const Mark& mark) const;
    void clear(Extent extent);

    std::unordered_map<std::uint64_t, Mark> marks_;  // by tally
    std::unordered_set<std::uint64_t> forgotten_;
    bool has_new_counters_ = false;  // with held_
    bool has_ended_calls_ = false;
    std::unordered_map<HoldId, std::shared_ptr<const HeldCall>, HoldIdHash> held_;
    std::vector<HoldId> settled_;  // of those that an earlier commit wrote
    std::vector<UsageRow> rows_;
};

}  // namespace bw::ledger
