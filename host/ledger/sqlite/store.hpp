// The SQLite store, for a single host: a `Book` in memory, and a journal that writes its every
// operation to a file.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "ledger/clock.hpp"
#include "ledger/local_store.hpp"

namespace bellwether::ledger {

struct SqliteSettings {
    std::chrono::milliseconds keep_usage{0};  // 0: for ever
    std::size_t counters_max = k_counters_max;
    std::chrono::milliseconds linger{10};  // until a settlement is written, at most
    config::Sync sync = config::Sync::disk;
};

// Opens a store, and creates its file if there is none. Refuses a file that another host uses, that
// is not a ledger, or that cannot be written. The caller keeps the store for longer than its
// sessions; its destructor waits until all is written, or for 5 s if the disk fails.
// `moved`: only the file that the other process had is opened, and none is made. One that has the
// tables of another version of the program is refused and not changed, so that the other process
// can still take it back.
Result<std::unique_ptr<LocalStore>> open_sqlite(const std::string& path,
                                                Clock clock = system_time_us,
                                                SqliteSettings settings = {},
                                                std::optional<MovedStore> moved = std::nullopt);

// Refuses what open_sqlite() would refuse, as far as that can be seen without changing anything.
// `with_parents`: all folders above the file would be made before.
Result<void> try_sqlite(const std::string& path, bool with_parents);

}  // namespace bellwether::ledger
