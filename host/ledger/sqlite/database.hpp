// A connection to a SQLite file (`Database`) and its prepared statements (`Statement`). Both close
// themselves; every failure is an `Error` that names the file. Only one thread at a time may use a
// connection and its statements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace bellwether::ledger {

class Database;

class Statement {
  public:
    // Sets parameter `at`; the first parameter is 1.
    Statement& bind(int at, std::int64_t value);
    Statement& bind(int at, std::string_view value);
    Statement& bind_null(int at);

    // Goes to the next row. True: there is one to be read. False: there was none left, and the
    // statement can be run again.
    Result<bool> step();
    // Runs a statement that returns no rows.
    Result<void> run();

    // These read a column of the present row; the first column is 0.
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

  private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(sqlite3_stmt* statement, const Database& database)
        : statement_(statement), database_(&database) {}

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    const Database* database_;
};

// The owner destroys it after its statements, and must not move it, as they point to it.
class Database {
  public:
    // `look` reads the file as if nobody could change it: without locks and without the log beside
    // it, so that no file is touched.
    enum class Access { write, read, look };
    // Opens a file, which must exist.
    static Result<std::unique_ptr<Database>> open(const std::string& path, Access access);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Result<void> run(const char* sql);
    Result<Statement> prepare(std::string_view sql);
    // The first column of the only row.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    // Flushes the write-ahead log to the disk.
    Result<void> sync_log();
    // Copies the log into the file itself, flushes that to the disk, and empties the log.
    Result<void> empty_log();

    // How many rows the last INSERT, UPDATE or DELETE has changed.
    std::size_t changes() const;

    // When the connection is closed later, it neither empties nor removes the write-ahead log.
    void keep_log();

    const std::string& path() const { return path_; }
    // The error of the last operation, as SQLite tells it, with the file's name.
    Error error() const;

  private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    explicit Database(std::string path) : path_(std::move(path)) {}
    Result<std::optional<Statement>> first_row(std::string_view sql);

    std::string path_;
    std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace bellwether::ledger
