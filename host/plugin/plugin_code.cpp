#include "plugin/plugin_code.hpp"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include <array>
#include <atomic>

namespace bellwether::plugin {
namespace {

constexpr std::size_t k_codes_max = 256;
// The frames of abort() and its like are a few hundred bytes. Above a thread's stack there is more
// than that of memory, so that no word of them is unmapped.
constexpr std::size_t k_words_of_stack = 256;

constinit std::array<PluginCode, k_codes_max> codes;
constinit std::atomic<std::size_t> count = 0;

struct Noting {
    std::uintptr_t table;
    const char* file;
    const char* version;
};

void add(const PluginCode& code) {
    const std::size_t at = count.load(std::memory_order_relaxed);
    if (at == codes.size()) return;
    codes[at] = code;
    count.store(at + 1, std::memory_order_release);
}

// Takes the segments of code of the library that holds the table.
int look_into(dl_phdr_info* library, std::size_t, void* noting) {
    const auto& wanted = *static_cast<const Noting*>(noting);
    const auto segment = [library](int i) {
        const auto& header = library->dlpi_phdr[i];
        const std::uintptr_t begin = library->dlpi_addr + header.p_vaddr;
        return PluginCode{.begin = begin, .end = begin + header.p_memsz};
    };
    bool is_it = false;
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const PluginCode at = segment(i);
        is_it |= library->dlpi_phdr[i].p_type == PT_LOAD && wanted.table >= at.begin &&
                 wanted.table < at.end;
    }
    for (int i = 0; is_it && i < library->dlpi_phnum; ++i) {
        const auto& header = library->dlpi_phdr[i];
        if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
        PluginCode code = segment(i);
        code.file = wanted.file;
        code.version = wanted.version;
        add(code);
    }
    return is_it ? 1 : 0;
}

}  // namespace

void note_plugin_code(const void* table, const char* file, const char* version) {
    // They are never freed: a library stays until the process ends.
    Noting noting{reinterpret_cast<std::uintptr_t>(table), strdup(file), strdup(version)};
    dl_iterate_phdr(look_into, &noting);
}

const PluginCode* plugin_code_at(std::uintptr_t address) {
    const std::size_t known = count.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < known; ++i) {
        if (address >= codes[i].begin && address < codes[i].end) return &codes[i];
    }
    return nullptr;
}

const PluginCode* plugin_code_on_stack(const void* stack) {
    const auto* const words = static_cast<const std::uintptr_t*>(stack);
    for (std::size_t i = 0; i < k_words_of_stack; ++i) {
        if (const PluginCode* const code = plugin_code_at(words[i])) return code;
    }
    return nullptr;
}

}  // namespace bellwether::plugin
