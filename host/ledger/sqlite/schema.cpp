#include "ledger/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

namespace bellwether::ledger {
namespace {

constexpr std::int64_t k_application = 0x42774c67;  // "BwLg"

// A value that is not known is NULL. Times are since 1970: in microseconds, but those of windows in
// seconds and `full_ns` in nanoseconds.
#define BW_USAGE_COLUMNS                                                                \
    "time_us INTEGER NOT NULL, request_id TEXT NOT NULL, key TEXT NOT NULL,"            \
    "user TEXT NOT NULL, team TEXT NOT NULL, route TEXT NOT NULL, model TEXT NOT NULL," \
    "provider TEXT NOT NULL, upstream_model TEXT NOT NULL, input_tokens INTEGER,"       \
    "output_tokens INTEGER, cached_input_tokens INTEGER, reasoning_tokens INTEGER,"     \
    "usage_source TEXT NOT NULL, cost_micro_usd INTEGER, list_cost_micro_usd INTEGER,"  \
    "duration_us INTEGER, first_token_us INTEGER, status INTEGER NOT NULL, error TEXT NOT NULL"

// A step must never be edited, as there are files that were made by it.
constexpr std::array<const char*, k_schema_version> k_steps = {
    // 1: budgets by window, rates, calls in flight (claims are "counter:amount" with spaces
    // between), calls that ended.
    "CREATE TABLE counters(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, value TEXT NOT NULL,"
    "  window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, used INTEGER NOT NULL);"
    "CREATE TABLE rates(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, value TEXT NOT NULL,"
    "  full_ns INTEGER NOT NULL, units INTEGER NOT NULL, period_us INTEGER NOT NULL);"
    "CREATE TABLE holds(host INTEGER NOT NULL, number INTEGER NOT NULL, claims TEXT NOT NULL,"
    "  " BW_USAGE_COLUMNS
    ", PRIMARY KEY(host, number)) WITHOUT ROWID;"
    "CREATE TABLE usage(" BW_USAGE_COLUMNS ");",
    // 2: an index, so that a report of one day need not read the rows of all days.
    "CREATE INDEX usage_by_time ON usage(time_us);",
};
#undef BW_USAGE_COLUMNS

std::unexpected<Error> foreign(const Database& database) {
    return fail(ErrorKind::invalid,
                fmt::format("{}: this is the file of another program, not a ledger; name another "
                            "file in [ledger] url",
                            database.path()));
}

Result<void> apply(Database& database, int from) {
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
    std::string sql;
    for (int step = from; step < k_schema_version; ++step) sql += k_steps[step];
    sql += fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; COMMIT", k_application,
                       k_schema_version);
    if (auto done = database.run(sql.c_str()); !done) {
        (void)database.run("ROLLBACK");  // may fail: SQLite drops what was not committed anyway
        return done;
    }
    return {};
}

}  // namespace

Result<int> schema_version(Database& database) {
    const auto tables = database.integer("SELECT count(*) FROM sqlite_master");
    if (!tables) {
        auto error = tables.error();
        error.message +=
            "; if this is a ledger, it is damaged: put a copy in its place, or move "
            "it away to begin anew";
        return std::unexpected(std::move(error));
    }
    const auto application = database.integer("PRAGMA application_id");
    const auto version = database.integer("PRAGMA user_version");
    if (!application) return std::unexpected(application.error());
    if (!version) return std::unexpected(version.error());
    if (*tables == 0 && *application == 0 && *version == 0) return 0;
    if (*application != k_application || *version < 1) return foreign(database);
    if (*version > k_schema_version) {
        return fail(ErrorKind::invalid,
                    fmt::format("{}: a newer version of this program wrote this ledger (schema "
                                "{}, known here: {}); run that version, or name another file",
                                database.path(), *version, k_schema_version));
    }
    return static_cast<int>(*version);
}

Result<void> migrate(Database& database) {
    const auto version = schema_version(database);
    if (!version) return std::unexpected(version.error());
    if (*version == k_schema_version) return {};
    return apply(database, *version);
}

}  // namespace bellwether::ledger
