#include "ledger/sqlite/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"

namespace bellwether::ledger {
namespace {

// SQLite's integers have a sign; a large number is stored with the same bits, as a negative one.
std::int64_t stored(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::string insert(std::string_view table, std::string_view more_columns, int columns) {
    return fmt::format("INSERT OR REPLACE INTO {}({}{}) VALUES(?{})", table, more_columns,
                       k_usage_column_names,
                       fmt::join(std::vector<std::string>(columns, ""), ",?"));
}

}  // namespace

Result<BatchStatements> BatchStatements::prepare(Database& database) {
    std::vector<Statement> statements;
    for (const auto& sql :
         {std::string("INSERT OR REPLACE INTO counters(id, rule, value, window_start, window_end, "
                      "used) VALUES(?,?,?,?,?,?)"),
          std::string("INSERT OR REPLACE INTO rates(id, rule, value, full_ns, units, period_us) "
                      "VALUES(?,?,?,?,?,?)"),
          std::string("DELETE FROM counters WHERE id = ?"),
          std::string("DELETE FROM rates WHERE id = ?"),
          insert("holds", "host, number, claims, ", k_usage_columns + 3),
          std::string("DELETE FROM holds WHERE host = ? AND number = ?"),
          insert("usage", "", k_usage_columns), std::string("BEGIN IMMEDIATE"),
          std::string("COMMIT")}) {
        auto statement = database.prepare(sql);
        if (!statement) return std::unexpected(std::move(statement.error()));
        statements.push_back(*std::move(statement));
    }
    auto next = statements.begin();
    const auto take = [&] { return std::move(*next++); };
    return BatchStatements{take(), take(), take(), take(), take(), take(), take(), take(), take()};
}

void Batch::held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) {
    // A rate need not be written with the hold: a crash only gives it one claim back. A budget must
    // be, as the hold names its counter.
    has_new_counters_ |= std::ranges::any_of(
        marks, [](const Mark& mark) { return mark.tally->measure == Measure::budget; });
    reset(std::move(marks));
    const auto id = call->hold.id;
    held_.insert_or_assign(id, std::move(call));
}

void Batch::settled(const HeldCall& call, Settlement settlement, std::vector<Mark> marks) {
    reset(std::move(marks));
    if (held_.erase(call.hold.id) == 0) {
        settled_.push_back(call.hold.id);
    } else {
        has_ended_calls_ = true;
    }
    if (settlement.recorded) rows_.push_back(std::move(settlement.usage));
}

void Batch::reset(std::vector<Mark> marks) {
    for (auto& mark : marks) {
        const auto number = mark.tally->number;
        forgotten_.erase(number);
        marks_.insert_or_assign(number, std::move(mark));
    }
}

void Batch::forgotten(std::uint64_t tally) {
    marks_.erase(tally);
    forgotten_.insert(tally);
}

bool Batch::empty(Extent extent) const {
    if (!held_.empty()) return false;
    return extent == Extent::holds ||
           (marks_.empty() && forgotten_.empty() && settled_.empty() && rows_.empty());
}

Result<void> Batch::write(BatchStatements& statements, Extent extent) {
    auto done = statements.begin.run();
    if (!done) return done;
    if (extent == Extent::all) done = put_rest(statements);
    if (done) done = put_holds(statements);
    if (done) done = statements.commit.run();
    if (done) clear(extent);
    return done;
}

Result<void> Batch::put_rest(BatchStatements& statements) const {
    Result<void> done;
    for (const auto& [number, mark] : marks_) {
        if (done = put_mark(statements, mark); !done) return done;
    }
    for (const auto number : forgotten_) {
        if (done = statements.drop_counter.bind(1, stored(number)).run(); !done) return done;
        if (done = statements.drop_rate.bind(1, stored(number)).run(); !done) return done;
    }
    for (const auto& id : settled_) {
        statements.drop_hold.bind(1, stored(id.host)).bind(2, stored(id.number));
        if (done = statements.drop_hold.run(); !done) return done;
    }
    for (const auto& row : rows_) {
        bind_usage(statements.put_usage, 1, row);
        if (done = statements.put_usage.run(); !done) return done;
    }
    return done;
}

Result<void> Batch::put_holds(BatchStatements& statements) const {
    Result<void> done;
    for (const auto& [id, call] : held_) {
        statements.put_hold.bind(1, stored(id.host)).bind(2, stored(id.number));
        statements.put_hold.bind(3, claims_text(*call));
        bind_usage(statements.put_hold, 4, call->hold.estimate);
        if (done = statements.put_hold.run(); !done) return done;
    }
    return done;
}

Result<void> Batch::put_mark(BatchStatements& statements, const Mark& mark) const {
    const bool rate = mark.tally->measure == Measure::rate;
    auto& put = rate ? statements.put_rate : statements.put_counter;
    put.bind(1, stored(mark.tally->number));
    put.bind(2, mark.tally->name.rule).bind(3, mark.tally->name.value);
    if (rate) {
        put.bind(4, mark.rate.full_ns).bind(5, mark.rate.limit).bind(6, mark.rate.period_us);
    } else {
        put.bind(4, mark.window.start).bind(5, mark.window.end).bind(6, mark.used);
    }
    return put.run();
}

void Batch::clear(Extent extent) {
    held_.clear();
    if (extent == Extent::holds) return;
    has_new_counters_ = has_ended_calls_ = false;
    marks_.clear();
    forgotten_.clear();
    settled_.clear();
    rows_.clear();
}

}  // namespace bellwether::ledger
