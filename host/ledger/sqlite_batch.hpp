// What one commit writes. Operations fold into it: a counter is written once, as it stood last, and
// a call that began and ended since the last commit leaves its usage only. What could not be
// written stays, and more folds in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"
#include "ledger/journal.hpp"
#include "ledger/sqlite_database.hpp"

namespace bw::ledger {

struct BatchStatements {
    static Result<BatchStatements> prepare(Database& database);

    Statement put_counter, put_rate, drop_counter, drop_rate;
    Statement put_hold, drop_hold, put_usage;
};

class Batch {
  public:
    void held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks);
    void settled(const HeldCall& call, Settlement settlement, std::vector<Mark> marks);
    void reset(std::vector<Mark> marks);
    void forgotten(std::uint64_t tally);

    // Within a transaction.
    Result<void> write(BatchStatements& statements) const;
    void clear();

  private:
    struct IdHash {
        std::size_t operator()(const HoldId& id) const { return id.host ^ id.number; }
    };

    Result<void> write_mark(BatchStatements& statements, const Mark& mark) const;

    std::unordered_map<std::uint64_t, Mark> marks_;  // by tally
    std::unordered_set<std::uint64_t> forgotten_;
    std::unordered_map<HoldId, std::shared_ptr<const HeldCall>, IdHash> held_;
    std::vector<HoldId> settled_;  // of those that an earlier commit wrote
    std::vector<UsageRow> rows_;
};

}  // namespace bw::ledger
