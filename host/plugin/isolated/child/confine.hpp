// Takes from the child process what a plugin does not need. Nothing here wants a privilege. Each
// function gives the bits of Confinement that are on.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "plugin/isolated/shared_memory.hpp"

namespace bellwether::plugin::isolated {

// Before anything of the plugin runs: its file can still be loaded. `memory_bytes`: what it may
// use beside what the host's program takes.
std::uint32_t confine_for_loading(std::uint64_t memory_bytes, pid_t host);
// For good, on all threads: no file can be opened from then on, and no code made.
std::uint32_t confine_for_good();

// What a refused system call is counted in, and the descriptor that tells the host of one. Before
// the two above.
void count_refusals_in(Notices& notices, int bell);

}  // namespace bellwether::plugin::isolated
