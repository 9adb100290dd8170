#include "plugin/abandoned.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;

// The prefix for all processes of one PID namespace. Containers may share the folder without
// sharing process ids, and only within one namespace can the host tell whether a process still
// runs.
std::string prefix_of_all() {
    struct stat numbers {};
    if (stat("/proc/self/ns/pid", &numbers) != 0) numbers.st_ino = 0;
    return fmt::format("bellwether-plugin-{}-", numbers.st_ino);
}

// The process id in the name of such a folder; 0 if the name has another form.
pid_t process_in(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix)) return 0;
    name.remove_prefix(prefix.size());
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    const bool whole = error == std::errc() && end != name.data() + name.size() && *end == '-';
    return whole && process > 0 ? process : 0;
}

bool is_own_folder(const fs::path& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

}  // namespace

std::string own_prefix() { return fmt::format("{}{}-", prefix_of_all(), getpid()); }

void sweep_abandoned(const fs::path& base) {
    const std::string prefix = prefix_of_all();
    std::error_code error;
    fs::directory_iterator all(base, error);
    for (; !error && all != fs::directory_iterator(); all.increment(error)) {
        const pid_t process = process_in(all->path().filename().string(), prefix);
        if (process == 0 || !is_own_folder(all->path())) continue;
        std::error_code ignored;
        if (kill(process, 0) != 0 && errno == ESRCH) fs::remove_all(all->path(), ignored);
    }
}

}  // namespace bellwether::plugin
