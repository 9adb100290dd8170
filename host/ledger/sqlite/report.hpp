// `SqliteReport` reads a ledger's file for reports, whether a host has it open or not. Each
// question is answered as of one moment. Only one thread at a time may use it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

class SqliteReport {
  public:
    static Result<SqliteReport> open(const std::string& path);

    // Like Store::counters, sorted by rule and value, but only of budgets: a rate has no amounts to
    // report, and a concurrency is not in the file.
    Result<std::vector<StoredCounter>> counters(std::int64_t now_us);
    // Like Store::each_usage: calls `row` for each row of the span, in the order of time.
    Result<void> each_usage(TimeSpan span, const std::function<void(const UsageRow&)>& row);

  private:
    explicit SqliteReport(std::unique_ptr<Database> database) : database_(std::move(database)) {}
    std::unique_ptr<Database> database_;
};

}  // namespace bellwether::ledger
