// The memory store: its contents end with the process, unless another process goes on with them. It
// is for tests, and for limits that need not outlive the host.
#pragma once

#include <cstddef>
#include <memory>

#include "ledger/clock.hpp"
#include "ledger/local_store.hpp"

namespace bellwether::ledger {

inline constexpr std::size_t k_memory_rows_max = 100'000;  // usage rows; the newest are kept

struct MemorySettings {
    std::size_t rows_max = k_memory_rows_max;
    std::size_t counters_max = k_counters_max;
};

// Opens a memory store, with what another process had in its own. The caller keeps it for longer
// than its sessions.
std::unique_ptr<LocalStore> open_memory(Clock clock = system_time_us, MemorySettings settings = {},
                                        MovedStore moved = {});

}  // namespace bellwether::ledger
