// Prepares a ledger's file before SQLite opens it: creates it if it is missing, with access for its
// owner only, and locks it, so that no second host writes to it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "ledger/local_store.hpp"

namespace bellwether::ledger {

// `LockedFile` holds two locks for as long as it lives; if the process dies, the system releases
// them. One is on the database itself, no matter by which name it was opened. The other is on the
// file `-lock` beside it: it protects the name, on which the write-ahead log depends, and the file
// says which process has the lock. When a process closes any descriptor of the database, SQLite's
// own locks on it end. So this object is destroyed after every connection, and the process never
// opens another descriptor of the file.
class LockedFile {
  public:
    // Refuses a file that another host uses, that is not a plain file, or that has a second name (a
    // hard link).
    // `known`: takes that file and no other, and makes none.
    static Result<LockedFile> take(const std::string& path, const FileIdentity& known = {});
    // Refuses what take() would refuse, as far as that can be seen without changing anything.
    static Result<void> would_take(const std::string& path);
    LockedFile(LockedFile&& other) noexcept;
    LockedFile& operator=(LockedFile&&) = delete;
    ~LockedFile();

    // The real path of the file, with every symbolic link followed. SQLite puts its own files
    // there.
    const std::string& path() const { return path_; }
    // Whether the file was missing or empty.
    bool is_new() const { return new_; }
    FileIdentity identity() const;

  private:
    LockedFile() = default;
    Result<void> open(const std::string& path, const FileIdentity& known);
    Result<void> check_known(const std::string& path, const FileIdentity& known) const;
    Result<void> lock();
    Result<void> lock_name();

    std::string path_;
    bool new_ = false;
    int file_ = -1;
    int name_ = -1;
};

// Creates the folder of the file `path`, if only the last part of the folder's path is missing.
Result<void> make_folder(const std::string& path);
// Whether that can be done; changes nothing. `with_parents`: the folders above would be made, too.
Result<void> would_make_folder(const std::string& path, bool with_parents);

// Says in sentences what other users may do to the file, to the files beside it and to their
// folder, each with the command that ends it; and whether the file is mounted without its log.
std::vector<std::string> access_faults(const std::string& path);

}  // namespace bellwether::ledger
