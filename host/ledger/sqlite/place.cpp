#include "ledger/sqlite/place.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::chrono::milliseconds k_between_looks{500};
constexpr std::array k_log_ends{"-wal", "-shm"};

}  // namespace

std::optional<SqlitePlace::Identity> SqlitePlace::identity(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return Identity{found.st_dev, found.st_ino};
}

Result<SqlitePlace> SqlitePlace::find(std::string name, Database& database) {
    SqlitePlace place(std::move(name), database);
    const auto file = identity(database.path());
    if (!file || !place.learn_log()) {
        return fail(ErrorKind::unavailable,
                    fmt::format("{} was moved or removed while it was opened", database.path()));
    }
    place.file_ = *file;
    return place;
}

bool SqlitePlace::learn_log() {
    for (std::size_t i = 0; i < k_log_ends.size(); ++i) {
        const auto found = identity(database_->path() + k_log_ends[i]);
        if (!found) return false;
        log_[i] = *found;
    }
    return true;
}

bool SqlitePlace::has_log() const {
    for (std::size_t i = 0; i < k_log_ends.size(); ++i) {
        if (identity(database_->path() + k_log_ends[i]) != log_[i]) return false;
    }
    return true;
}

Result<void> SqlitePlace::check(Moment now) {
    if (well_ && now < due_) return {};
    due_ = now + k_between_looks;
    auto looked = look();
    well_ = looked.has_value();
    return looked;
}

Result<void> SqlitePlace::look() {
    if (auto there = check_database(); !there) return there;
    return has_log() ? Result<void>() : make_log_anew();
}

// Checks both the real path and the path in the configuration, which the next host will open.
Result<void> SqlitePlace::check_database() const {
    for (const auto& path : {name_, database_->path()}) {
        const auto found = identity(path);
        if (!found) {
            return fail(ErrorKind::unavailable,
                        fmt::format("{} was moved or removed while this host runs: put the same "
                                    "file back, or start the host anew, which then begins with an "
                                    "empty ledger",
                                    path));
        }
        if (*found != file_) {
            return fail(ErrorKind::unavailable,
                        fmt::format("{} is another file now than this host has opened: put the "
                                    "first one back, or start the host anew, which then takes over "
                                    "the one that is there",
                                    path));
        }
    }
    std::error_code error;
    if (std::filesystem::file_size(database_->path(), error) > 0) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("{} was emptied while this host runs: start the host anew, which says "
                            "what to do with what is left",
                            database_->path()));
}

// SQLite still has the old log open. When it leaves WAL mode, it copies the old log into the
// database; when it enters WAL mode again, it creates a new log.
Result<void> SqlitePlace::make_log_anew() {
    for (const char* mode : {"delete", "wal"}) {
        const auto entered = database_->text(fmt::format("PRAGMA journal_mode={}", mode));
        if (!entered) return std::unexpected(entered.error());
        if (*entered != mode) return std::unexpected(database_->error());
    }
    if (auto read = database_->integer("PRAGMA user_version"); !read) {
        return std::unexpected(read.error());
    }
    if (!learn_log()) {
        return fail(ErrorKind::unavailable,
                    fmt::format("{}-wal was removed while this host runs", database_->path()));
    }
    observe::warn(
        "ledger: {0}-wal or {0}-shm was moved, removed or replaced while this host runs: made "
        "anew, nothing was lost; they are parts of the ledger",
        database_->path());
    return {};
}

}  // namespace bellwether::ledger
