// What keeps the child process of a plugin in, as bits; the host shows which of them are on.
#pragma once

#include <cstdint>
#include <string_view>

namespace bellwether::plugin::isolated {

enum Confinement : std::uint32_t {
    k_no_new_privileges = 1u << 0,
    k_dies_with_host = 1u << 1,
    k_no_core = 1u << 2,  // neither a core file nor another process's look into its memory
    k_memory_limit = 1u << 3,
    k_no_files = 1u << 4,  // no descriptor can be opened, by the limit of 0 more
    k_landlock = 1u << 5,  // while its file is loaded, it sees the system's libraries alone
    k_seccomp = 1u << 6,   // the system calls of a list, and no others
    k_no_capabilities = 1u << 7
};

struct ConfinementName {
    Confinement bit;
    std::string_view name;
};
inline constexpr ConfinementName k_confinement_names[] = {
    {k_seccomp, "seccomp"},
    {k_landlock, "landlock"},
    {k_no_capabilities, "no_capabilities"},
    {k_no_new_privileges, "no_new_privileges"},
    {k_memory_limit, "memory_limit"},
    {k_no_files, "no_files"},
    {k_no_core, "no_core"},
    {k_dies_with_host, "dies_with_host"},
};

}  // namespace bellwether::plugin::isolated
