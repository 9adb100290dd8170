#include "ledger/sqlite/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "ledger/amount.hpp"
#include "ledger/sqlite/load.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/tally.hpp"

namespace bellwether::ledger {
namespace {

using HeldAmounts = std::unordered_map<std::uint64_t, std::int64_t>;  // by counter

Result<HeldAmounts> held_amounts(Database& database) {
    auto statement = database.prepare("SELECT claims FROM holds");
    if (!statement) return std::unexpected(std::move(statement.error()));
    HeldAmounts held;
    while (true) {
        const auto row = statement->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return held;
        for (const auto& [counter, amount] : parse_claims(statement->text(0))) {
            auto& sum = held[counter];
            sum = add_clamped(sum, amount);
        }
    }
}

std::vector<StoredCounter> joined(std::vector<StoredTally> budgets, const HeldAmounts& held,
                                  std::int64_t now_us) {
    std::vector<StoredCounter> counters;
    for (auto& budget : budgets) {
        const auto found = held.find(budget.number);
        if (found == held.end() && is_over(budget.window, now_us)) continue;
        counters.push_back({.name = std::move(budget.name),
                            .measure = budget.measure,
                            .window = budget.window,
                            .used = budget.used,
                            .held = found == held.end() ? 0 : found->second});
    }
    std::ranges::sort(counters, {}, [](const StoredCounter& counter) {
        return std::tie(counter.name.rule, counter.name.value, counter.window.start);
    });
    return counters;
}

}  // namespace

Result<SqliteReport> SqliteReport::open(const std::string& path) {
    auto database = Database::open(path, Database::Access::read);
    if (!database) return std::unexpected(std::move(database.error()));
    const auto version = schema_version(**database);
    if (!version) return std::unexpected(version.error());
    if (*version == 0) return fail(ErrorKind::invalid, path + ": this ledger is empty");
    return SqliteReport(*std::move(database));
}

Result<std::vector<StoredCounter>> SqliteReport::counters(std::int64_t now_us) {
    if (auto begun = database_->run("BEGIN"); !begun) return std::unexpected(begun.error());
    auto budgets = load_budgets(*database_);
    const auto held = budgets ? held_amounts(*database_) : Result<HeldAmounts>();
    (void)database_->run("COMMIT");  // it wrote nothing
    if (!budgets) return std::unexpected(std::move(budgets.error()));
    if (!held) return std::unexpected(held.error());
    return joined(*std::move(budgets), *held, now_us);
}

Result<void> SqliteReport::each_usage(TimeSpan span,
                                      const std::function<void(const UsageRow&)>& row) {
    auto statement = database_->prepare(
        fmt::format("SELECT {} FROM usage WHERE time_us >= ? AND time_us < ? ORDER BY time_us",
                    k_usage_column_names));
    if (!statement) return std::unexpected(std::move(statement.error()));
    statement->bind(1, span.since_us).bind(2, span.until_us);
    while (true) {
        const auto found = statement->step();
        if (!found) return std::unexpected(found.error());
        if (!*found) return {};
        row(read_usage(*statement, 0));
    }
}

}  // namespace bellwether::ledger
