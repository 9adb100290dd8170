// Reads a ledger's file, whether a host writes it or none does. As of one moment for each question.
// One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/database.hpp"

namespace bw::ledger {

class SqliteReport {
  public:
    static Result<SqliteReport> open(const std::string& path);

    // As Store::counters, by rule and value; budgets only, as nothing else outlives a host.
    Result<std::vector<StoredCounter>> counters(std::int64_t now_us);
    // By time.
    Result<void> each_usage(TimeSpan span, const std::function<void(const UsageRow&)>& row);

  private:
    explicit SqliteReport(std::unique_ptr<Database> database) : database_(std::move(database)) {}
    std::unique_ptr<Database> database_;
};

}  // namespace bw::ledger
