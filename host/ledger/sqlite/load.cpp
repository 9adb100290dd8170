#include "ledger/sqlite/load.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "ledger/amount.hpp"
#include "ledger/numbers.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"

namespace bellwether::ledger {
namespace {

constexpr int k_hold_columns = 3;  // before those of the usage

struct Dead {
    std::vector<HoldId> ids;
    std::map<std::uint64_t, std::int64_t> amounts;  // by counter
    std::vector<UsageRow> rows;
};

Result<Dead> read_dead(Database& database, const std::vector<Hold>& alive) {
    auto statement = database.prepare(
        fmt::format("SELECT host, number, claims, {} FROM holds", k_usage_column_names));
    if (!statement) return std::unexpected(std::move(statement.error()));
    std::unordered_set<HoldId, HoldIdHash> kept;
    for (const auto& hold : alive) kept.insert(hold.id);
    Dead dead;
    while (true) {
        const auto row = statement->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return dead;
        const HoldId id{.host = static_cast<std::uint64_t>(statement->integer(0)),
                        .number = static_cast<std::uint64_t>(statement->integer(1))};
        if (kept.contains(id)) continue;
        dead.ids.push_back(id);
        for (const auto& [counter, amount] : parse_claims(statement->text(2))) {
            auto& sum = dead.amounts[counter];
            sum = add_clamped(sum, amount);
        }
        dead.rows.push_back(lost_row(read_usage(*statement, k_hold_columns)));
    }
}

Result<void> write_dead(Database& database, const Dead& dead) {
    const auto budgets = load_budgets(database);
    if (!budgets) return std::unexpected(budgets.error());
    auto used = database.prepare("UPDATE counters SET used = ? WHERE id = ?");
    if (!used) return std::unexpected(std::move(used.error()));
    for (const auto& budget : *budgets) {
        const auto found = dead.amounts.find(budget.number);
        if (found == dead.amounts.end()) continue;
        used->bind(1, add_clamped(budget.used, found->second));
        used->bind(2, static_cast<std::int64_t>(budget.number));
        if (auto done = used->run(); !done) return done;
    }
    auto insert = database.prepare(
        fmt::format("INSERT INTO usage({}) VALUES(?{})", k_usage_column_names,
                    fmt::join(std::vector<std::string>(k_usage_columns, ""), ",?")));
    if (!insert) return std::unexpected(std::move(insert.error()));
    for (const auto& row : dead.rows) {
        bind_usage(*insert, 1, row);
        if (auto done = insert->run(); !done) return done;
    }
    auto remove = database.prepare("DELETE FROM holds WHERE host = ? AND number = ?");
    if (!remove) return std::unexpected(std::move(remove.error()));
    for (const auto& id : dead.ids) {
        remove->bind(1, static_cast<std::int64_t>(id.host));
        remove->bind(2, static_cast<std::int64_t>(id.number));
        if (auto done = remove->run(); !done) return done;
    }
    return {};
}

// Runs a query whose rows begin with the counter's number, rule and value; `take` reads the columns
// behind them.
template <typename Take>
Result<std::vector<StoredTally>> load(Database& database, std::string_view question, Take take) {
    auto statement = database.prepare(question);
    if (!statement) return std::unexpected(std::move(statement.error()));
    std::vector<StoredTally> found;
    while (true) {
        const auto row = statement->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return found;
        StoredTally& tally = found.emplace_back();
        tally.number = static_cast<std::uint64_t>(statement->integer(0));
        tally.name = {statement->text(1), statement->text(2)};
        take(*statement, tally);
    }
}

}  // namespace

Result<std::vector<StoredTally>> load_budgets(Database& database) {
    return load(database, "SELECT id, rule, value, window_start, window_end, used FROM counters",
                [](const Statement& row, StoredTally& tally) {
                    tally.measure = Measure::budget;
                    tally.window = {row.integer(3), row.integer(4)};
                    tally.used = row.integer(5);
                });
}

Result<std::vector<StoredTally>> load_rates(Database& database) {
    return load(database, "SELECT id, rule, value, full_ns, units, period_us FROM rates",
                [](const Statement& row, StoredTally& tally) {
                    tally.measure = Measure::rate;
                    tally.rate = {.full_ns = row.integer(3),
                                  .limit = row.integer(4),
                                  .period_us = row.integer(5)};
                });
}

Result<std::size_t> settle_dead_holds(Database& database, const std::vector<Hold>& alive) {
    const auto dead = read_dead(database, alive);
    if (!dead) return std::unexpected(dead.error());
    if (dead->rows.empty()) return 0;
    auto done = database.run("BEGIN IMMEDIATE");
    if (done) done = write_dead(database, *dead);
    if (done) done = database.run("COMMIT");
    if (!done) {
        (void)database.run("ROLLBACK");  // may fail: SQLite drops what was not committed anyway
        return std::unexpected(std::move(done.error()));
    }
    return dead->rows.size();
}

}  // namespace bellwether::ledger
