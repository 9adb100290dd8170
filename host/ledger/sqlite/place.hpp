// `SqlitePlace` checks whether the ledger's path still leads to the files that SQLite has open. If
// somebody moves, removes or replaces them while the host runs, it would write to a file that
// nobody finds again. Used on the writer's thread, but for `check_database`.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

class SqlitePlace {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // `name` is the path in the configuration, which may be a symbolic link to the database. The
    // database has been read (so its log exists), and the caller keeps it for longer than this.
    static Result<SqlitePlace> find(std::string name, Database& database);

    // When the next look is due.
    Moment due() const { return due_; }
    // Looks if a look is due, or if the last one has found a fault. Creates a missing log (`-wal`)
    // or index (`-shm`) again; a fault that it cannot repair is the error.
    Result<void> check(Moment now);
    // Looks at the database now, and changes nothing. Any thread may call it.
    Result<void> check_database() const;

  private:
    struct Identity {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(const Identity&) const = default;
    };
    static std::optional<Identity> identity(const std::string& path);

    SqlitePlace(std::string name, Database& database)
        : name_(std::move(name)), database_(&database) {}
    bool learn_log();
    bool has_log() const;
    Result<void> look();
    Result<void> make_log_anew();

    std::string name_;
    Database* database_;
    Identity file_;
    std::array<Identity, 2> log_;
    bool well_ = true;
    Moment due_;
};

}  // namespace bellwether::ledger
