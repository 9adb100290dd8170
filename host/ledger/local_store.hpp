// `LocalStore` is a store whose counters are in the memory of one process. Another process can go
// on with it, once it is given what stands nowhere else.
#pragma once

#include <vector>

#include "ledger/book.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

// What a process that lets go of a store gives to the one that goes on with it.
struct MovedStore {
    std::vector<Hold> holds;  // those that are not settled
    // Of a memory store; the SQLite store has them in its file.
    std::vector<StoredTally> tallies;
    std::vector<UsageRow> usage;
};

class LocalStore : public Store {
  public:
    // While nobody asks the store for anything.
    virtual MovedStore contents() const = 0;
};

}  // namespace bellwether::ledger
