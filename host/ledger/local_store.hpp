// `LocalStore` is a store whose counters are in the memory of one process. Another process can go
// on with it, once it is given what stands nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "ledger/book.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

// Which file it is, whatever its name is by now.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;  // 0: there is no file
    std::int64_t born_ns = 0;  // as a number may be given anew; 0: the file system does not tell
    bool operator==(const FileIdentity&) const = default;
};

// What a process that lets go of a store gives to the one that goes on with it.
struct MovedStore {
    FileIdentity file;  // of the SQLite store; no other file has what the holds were counted in
    std::vector<Hold> holds;  // those that are not settled
    // Of a memory store; the SQLite store has them in its file.
    std::vector<StoredTally> tallies;
    std::vector<UsageRow> usage;
};

class LocalStore : public Store {
  public:
    // While nobody asks the store for anything.
    virtual MovedStore contents() const = 0;
    // How many counters another process would have to read.
    virtual std::size_t size() const = 0;
    // Whether it could be opened again, were it closed now. The error says what is wrong.
    virtual Result<void> in_place() { return {}; }
};

}  // namespace bellwether::ledger
