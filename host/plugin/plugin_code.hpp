// Where the code of loaded plugins lies, so that a crash on a thread of a plugin's own can be laid
// at its door. What is asked in a signal handler neither locks nor allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bellwether::plugin {

struct PluginCode {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    const char* file = "";
    const char* version = "";
};

// Notes the code of the library in which `table` lies. `file` and `version` are copied, for good.
// On one thread at a time.
void note_plugin_code(const void* table, const char* file, const char* version);

// Whose code the address lies in; null: no plugin's. In a signal handler, too.
const PluginCode* plugin_code_at(std::uintptr_t address);

// Whose code is the nearest to have called what runs, as far as the next bytes of the stack from
// `stack` on tell; null: no plugin's. In a signal handler, too.
const PluginCode* plugin_code_on_stack(const void* stack);

}  // namespace bellwether::plugin
