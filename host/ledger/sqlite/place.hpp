// Whether the files that SQLite has open are still those that their names lead to. Somebody may
// move, remove or replace them while the host runs: it would go on to write what nobody finds
// again. On the writer's thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "ledger/sqlite/database.hpp"

namespace bw::ledger {

class SqlitePlace {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    // `name` is what the configuration says, which may lead to the database by links. The database
    // is open, has been read, and outlives this.
    static Result<SqlitePlace> find(std::string name, Database& database);

    // When to look again.
    Moment due() const { return due_; }
    // Looks if it is time, or if something was wrong when it last did. A log or an index that is
    // gone is made anew; what cannot be mended is the error.
    Result<void> check(Moment now);
    // Now, whatever the time is; changes nothing. Any thread.
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

}  // namespace bw::ledger
