#include "plugin/isolated/child/landlock.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace bellwether::plugin::isolated {
namespace {

// The kernel's interface, by its own numbers, as headers of 2022 know only a part of it.
constexpr long k_create_ruleset = 444;
constexpr long k_add_rule = 445;
constexpr long k_restrict_self = 446;
constexpr std::uint32_t k_ask_version = 1u << 0;
constexpr int k_rule_path_beneath = 1;

constexpr std::uint64_t k_execute = 1u << 0;
constexpr std::uint64_t k_read_file = 1u << 2;
constexpr std::uint64_t k_read_dir = 1u << 3;
constexpr std::uint64_t k_rights_of_version_1 = (1u << 13) - 1;
constexpr std::uint64_t k_refer = 1u << 13;     // version 2
constexpr std::uint64_t k_truncate = 1u << 14;  // version 3
constexpr std::uint64_t k_tcp = 3;              // version 4: bind and connect
constexpr std::uint64_t k_ioctl = 1u << 15;     // version 5
constexpr std::uint64_t k_scope = 3;            // version 6: abstract sockets and signals

struct Ruleset {
    std::uint64_t files;
    std::uint64_t net;
    std::uint64_t scope;
};

struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed;
    std::int32_t parent;
};

Ruleset ruleset_of(long version) {
    Ruleset all{.files = k_rights_of_version_1, .net = 0, .scope = 0};
    if (version >= 2) all.files |= k_refer;
    if (version >= 3) all.files |= k_truncate;
    if (version >= 4) all.net = k_tcp;
    if (version >= 5) all.files |= k_ioctl;
    if (version >= 6) all.scope = k_scope;
    return all;
}

std::size_t size_for(long version) {
    if (version >= 6) return sizeof(Ruleset);
    return version >= 4 ? sizeof(std::uint64_t) * 2 : sizeof(std::uint64_t);
}

int add_folder(dl_phdr_info* library, std::size_t, void* folders) {
    const std::string_view name = library->dlpi_name == nullptr ? "" : library->dlpi_name;
    const auto slash = name.rfind('/');
    if (slash != std::string_view::npos && slash != 0) {
        static_cast<std::set<std::string>*>(folders)->emplace(name.substr(0, slash));
    }
    return 0;
}

// Where libraries are: the usual places, and where those that have been loaded came from.
std::set<std::string> library_places() {
    std::set<std::string> places = {"/lib",       "/lib64",         "/usr/lib",
                                    "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"};
    dl_iterate_phdr(add_folder, &places);
    return places;
}

void allow(int rules, const std::string& place) {
    const int fd = open(place.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return;
    const bool is_file = place == "/etc/ld.so.cache";
    const PathBeneath rule{.allowed = k_read_file | (is_file ? 0 : k_execute | k_read_dir),
                           .parent = fd};
    syscall(k_add_rule, rules, k_rule_path_beneath, &rule, 0);
    close(fd);
}

}  // namespace

bool see_only_libraries() {
    const long version = syscall(k_create_ruleset, nullptr, 0, k_ask_version);
    if (version < 1) return false;
    const Ruleset wanted = ruleset_of(version);
    const auto rules = static_cast<int>(syscall(k_create_ruleset, &wanted, size_for(version), 0));
    if (rules < 0) return false;
    for (const auto& place : library_places()) allow(rules, place);
    const bool on = syscall(k_restrict_self, rules, 0) == 0;
    close(rules);
    return on;
}

}  // namespace bellwether::plugin::isolated
