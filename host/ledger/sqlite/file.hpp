// The file of a ledger before SQLite opens it: made if it is not there, for its owner only, and
// locked, so that no second host writes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace bw::ledger {

// Held as long as this lives; the system ends it with the process. Two locks: one on the database
// itself, by whatever name it was found, and one on `-lock` beside it, which keeps the name, and so
// the write-ahead log, and says who has it. To close any descriptor of the database ends the locks
// that SQLite has on it: so this is destroyed after every connection, and no other descriptor of it
// is ever opened.
class LockedFile {
  public:
    // Refuses what another host uses, what is no plain file, and what has a second name.
    static Result<LockedFile> take(const std::string& path);
    LockedFile(LockedFile&& other) noexcept;
    LockedFile& operator=(LockedFile&&) = delete;
    ~LockedFile();

    // Where the file is when every link is followed: SQLite's own files stand beside that.
    const std::string& path() const { return path_; }
    // There was none, or an empty one.
    bool is_new() const { return new_; }

  private:
    LockedFile() = default;
    Result<void> open(const std::string& path);
    Result<void> lock();
    Result<void> lock_name();

    std::string path_;
    bool new_ = false;
    int file_ = -1;
    int name_ = -1;
};

// The folder, if only the last part of its path is missing.
Result<void> make_folder(const std::string& path);
// The file, if it is missing; else that it can be written. Not while anybody has it open.
Result<void> make_file(const std::string& path);

// What others than this process's user may do to the file, to those beside it and to their folder,
// each with the command that ends it; and a mount that leaves its log outside.
std::vector<std::string> access_faults(const std::string& path);

}  // namespace bw::ledger
