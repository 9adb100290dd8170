// The file of a ledger before SQLite opens it: made if it is not there, for its owner only, and
// locked, so that no second host writes it.
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace bw::ledger {

// Held as long as this lives; the system ends it with the process. It is a file of its own beside
// the database: to close any descriptor of the database would end SQLite's own locks.
class FileLock {
  public:
    static Result<FileLock> take(const std::string& path);
    FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock();

  private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

// The folder, if only the last part of its path is missing.
Result<void> make_folder(const std::string& path);
// The file, if it is missing; else that it can be written.
Result<void> make_file(const std::string& path);

}  // namespace bw::ledger
