#include "ledger/sqlite/load.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "ledger/amount.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"

namespace bellwether::ledger {
namespace {

struct Dead {
    std::map<std::uint64_t, std::int64_t> amounts;  // by counter
    std::vector<UsageRow> rows;
};

Result<Dead> read_dead(Database& database) {
    auto statement =
        database.prepare(fmt::format("SELECT claims, {} FROM holds", k_usage_column_names));
    if (!statement) return std::unexpected(std::move(statement.error()));
    Dead dead;
    while (true) {
        const auto row = statement->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return dead;
        for (const auto& [counter, amount] : parse_claims(statement->text(0))) {
            auto& sum = dead.amounts[counter];
            sum = add_clamped(sum, amount);
        }
        dead.rows.push_back(read_usage(*statement, 1));
        dead.rows.back().status = 0;
        dead.rows.back().usage.source = UsageSource::estimate;
        dead.rows.back().error = "host_lost";
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
    return database.run("DELETE FROM holds");
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

Result<std::size_t> settle_dead_holds(Database& database) {
    const auto dead = read_dead(database);
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
