// The store that forgets: everything ends with the process. For tests, and for limits that need not
// outlive it.
#pragma once

#include <cstddef>
#include <memory>

#include "ledger/clock.hpp"
#include "ledger/ledger.hpp"

namespace bw::ledger {

inline constexpr std::size_t k_memory_rows_max = 100'000;  // of usage, the newest

struct MemorySettings {
    std::size_t rows_max = k_memory_rows_max;
    std::size_t counters_max = k_counters_max;
};

// Outlives its sessions.
std::unique_ptr<Store> open_memory(Clock clock = system_time_us, MemorySettings settings = {});

}  // namespace bw::ledger
