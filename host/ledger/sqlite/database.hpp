// A connection to a SQLite file and its statements, as values that close themselves; every failure
// is an Error that names the file. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace bw::ledger {

class Database;

class Statement {
  public:
    // The first is 1.
    Statement& bind(int at, std::int64_t value);
    Statement& bind(int at, std::string_view value);
    Statement& bind_null(int at);

    // True: a row is there to be read. After the last it can be run again.
    Result<bool> step();
    // For what gives no rows.
    Result<void> run();

    // The first column is 0.
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

// Outlives its statements, and stays where it is.
class Database {
  public:
    enum class Access { write, read };
    // The file must be there.
    static Result<std::unique_ptr<Database>> open(const std::string& path, Access access);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Result<void> run(const char* sql);
    Result<Statement> prepare(std::string_view sql);
    // The first column of the only row.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    // Waits until the disk has what is in the write-ahead log.
    Result<void> sync_log();
    // Copies the log into the file itself, waits until the disk has that, and begins the log anew.
    Result<void> empty_log();

    // How many rows the last statement that wrote has written or taken out.
    std::size_t changes() const;

    // At its end the connection leaves the write-ahead log as it is, and removes nothing.
    void keep_log();

    const std::string& path() const { return path_; }
    // What SQLite says of its last operation, with the file's name.
    Error error() const;

  private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    explicit Database(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace bw::ledger
