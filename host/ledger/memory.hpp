// The memory store: its contents end with the process. It is for tests, and for limits that need
// not outlive the process.
#pragma once

#include <cstddef>
#include <memory>

#include "ledger/clock.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

inline constexpr std::size_t k_memory_rows_max = 100'000;  // usage rows; the newest are kept

struct MemorySettings {
    std::size_t rows_max = k_memory_rows_max;
    std::size_t counters_max = k_counters_max;
};

// Opens a memory store. The caller keeps it for longer than its sessions.
std::unique_ptr<Store> open_memory(Clock clock = system_time_us, MemorySettings settings = {});

}  // namespace bellwether::ledger
