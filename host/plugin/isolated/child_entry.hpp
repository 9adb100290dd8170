// The program as the child process of a plugin: the host starts itself anew for that, with words of
// its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bellwether::plugin::isolated {

// The descriptors that the child is given, beside standard error.
inline constexpr int k_memory_descriptor = 3;
inline constexpr int k_library_descriptor = 4;
inline constexpr int k_bell_descriptor = 5;
inline constexpr int k_first_brought_descriptor = 6;  // of the libraries that the plugin brings

std::vector<std::string> words_for_child(const std::string& provider, std::uint64_t memory_bytes);
// Whether the program was started so.
bool is_child(int argc, char** argv);
// Runs the plugin until the host ends the process. Gives the exit code.
int run_child(int argc, char** argv);

}  // namespace bellwether::plugin::isolated
