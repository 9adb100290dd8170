#include "plugin/loaded_names.hpp"

#include <dlfcn.h>
#include <link.h>

#include <set>
#include <vector>

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;

// What the linker has loaded under the name (null: the program); null if that is nothing.
link_map* map_of(const char* name) {
    void* const handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) return nullptr;
    link_map* map = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) map = nullptr;
    dlclose(handle);
    return map;
}

fs::path file_of(const link_map& map) { return map.l_name == nullptr ? "" : map.l_name; }

// The names in DT_NEEDED, in the process's own memory: the linker has made an address of what the
// file has as an offset, except on machines that map that part read-only.
std::vector<const char*> needed_by(const link_map& map) {
    ElfW(Addr) strings = 0;
    for (const ElfW(Dyn)* entry = map.l_ld; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
    }
    if (strings < map.l_addr) strings += map.l_addr;
    std::vector<const char*> names;
    for (const ElfW(Dyn)* entry = map.l_ld; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag != DT_NEEDED) continue;
        names.push_back(reinterpret_cast<const char*>(strings + entry->d_un.d_val));
    }
    return names;
}

std::set<const link_map*> maps_of_program() {
    std::set<const link_map*> all;
    std::vector<const link_map*> waiting = {map_of(nullptr)};
    while (!waiting.empty()) {
        const link_map* const map = waiting.back();
        waiting.pop_back();
        if (map == nullptr || !all.insert(map).second) continue;
        for (const char* const name : needed_by(*map)) waiting.push_back(map_of(name));
    }
    return all;
}

}  // namespace

std::optional<fs::path> loaded_as(const std::string& name) {
    const link_map* const map = map_of(name.c_str());
    if (map == nullptr) return std::nullopt;
    return file_of(*map);
}

std::optional<fs::path> loaded_by_program(const std::string& name) {
    static const std::set<const link_map*> programs = maps_of_program();
    const link_map* const map = map_of(name.c_str());
    if (map == nullptr || !programs.contains(map)) return std::nullopt;
    return file_of(*map);
}

}  // namespace bellwether::plugin
