#include "ledger/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace bellwether::ledger {
namespace {

constexpr int k_busy_ms = 5'000;  // how long to wait for another program that has locked the file

// The name under which SQLite takes the file for one that nobody can change.
std::string immutable(const std::string& path) {
    std::string name = "file:";
    for (const char c : path) {
        const bool means_more = c == '%' || c == '?' || c == '#';
        means_more ? name += fmt::format("%{:02x}", static_cast<unsigned char>(c)) : name += c;
    }
    return name + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Statement& Statement::bind(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), at, value);
    return *this;
}

Statement& Statement::bind(int at, std::string_view value) {
    const char* data = value.empty() ? "" : value.data();  // a null pointer would be NULL
    sqlite3_bind_text64(statement_.get(), at, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_null(int at) {
    sqlite3_bind_null(statement_.get(), at);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    auto error = database_->error();  // before the reset, which may change it
    sqlite3_reset(statement_.get());
    if (code == SQLITE_DONE) return false;
    return std::unexpected(std::move(error));
}

Result<void> Statement::run() {
    auto stepped = step();
    if (!stepped) return std::unexpected(std::move(stepped.error()));
    if (*stepped) sqlite3_reset(statement_.get());
    return {};
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    const auto size = sqlite3_column_bytes(statement_.get(), column);
    if (!data) return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
    std::unique_ptr<Database> database(new Database(path));
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (access == Access::look ? SQLITE_OPEN_URI : 0) |
                      (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    const std::string name = access == Access::look ? immutable(path) : path;
    sqlite3* connection = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &connection, flags, nullptr);
    database->connection_.reset(connection);
    if (code != SQLITE_OK) return std::unexpected(database->error());
    sqlite3_busy_timeout(connection, k_busy_ms);
    return database;
}

Result<void> Database::run(const char* sql) {
    if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return std::unexpected(error());
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
        return std::unexpected(error());
    }
    return Statement(statement, *this);
}

Result<std::optional<Statement>> Database::first_row(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(std::move(statement.error()));
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    return std::move(*statement);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
    auto row = first_row(sql);
    if (!row) return std::unexpected(std::move(row.error()));
    return *row ? (*row)->integer(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
    auto row = first_row(sql);
    if (!row) return std::unexpected(std::move(row.error()));
    return *row ? (*row)->text(0) : std::string();
}

Result<void> Database::sync_log() {
    sqlite3_file* log = nullptr;
    sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log == nullptr || log->pMethods == nullptr) return {};  // nothing was written yet
    const int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    if (code == SQLITE_OK) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("{}-wal: {} ({})", path_, sqlite3_errstr(code), std::strerror(errno)));
}

Result<void> Database::empty_log() {
    const auto busy = integer("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!busy) return std::unexpected(busy.error());
    if (*busy == 0) return {};
    return fail(ErrorKind::unavailable, path_ + ": another program reads it for long");
}

std::size_t Database::changes() const {
    return static_cast<std::size_t>(sqlite3_changes64(connection_.get()));
}

void Database::keep_log() {
    sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Error Database::error() const {
    if (!connection_) return {.kind = ErrorKind::internal, .message = path_ + ": no memory"};
    auto message = fmt::format("{}: {}", path_, sqlite3_errmsg(connection_.get()));
    const int code = sqlite3_extended_errcode(connection_.get()) & 0xff;
    const int cause = sqlite3_system_errno(connection_.get());
    if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && cause != 0) {
        message += fmt::format(" ({})", std::strerror(cause));
    }
    return {.kind = ErrorKind::unavailable, .message = std::move(message)};
}

}  // namespace bellwether::ledger
