#include "observe/process_metrics.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace bellwether::observe {
namespace {

std::string read(const char* path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// A field of /proc/self/stat, counted from 1. Reading begins at field 3, behind the program's name,
// which may contain anything.
std::optional<std::uint64_t> stat_field(int number) {
    std::string text = read("/proc/self/stat");
    const auto name_end = text.rfind(')');
    if (name_end == text.npos) return std::nullopt;
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    for (int at = 3; at <= number; ++at) fields >> field;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), value);
    return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// When the process began, in Unix seconds; the kernel tells it in clock ticks since the boot.
std::optional<double> start_time() {
    constexpr int k_start_time = 22;
    const auto ticks = stat_field(k_start_time);
    timespec now{};
    timespec up{};
    if (!ticks || clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_gettime(CLOCK_BOOTTIME, &up)) {
        return std::nullopt;
    }
    const double since_boot =
        static_cast<double>(*ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
    return static_cast<double>(now.tv_sec - up.tv_sec) + since_boot;
}

std::optional<std::uint64_t> open_files() {
    std::error_code error;
    std::filesystem::directory_iterator files("/proc/self/fd", error);
    if (error) return std::nullopt;
    const auto count = std::distance(begin(files), end(files));
    return static_cast<std::uint64_t>(count > 0 ? count - 1 : 0);  // without that of this listing
}

}  // namespace

void write_process_metrics(PrometheusText& text) {
    const auto write = [&text](std::string_view name, std::string_view type, std::string_view help,
                               const auto& value) {
        if (!value) return;
        text.metric(name, type, help);
        text.sample({}, *value);
    };
    constexpr int k_virtual_bytes = 23;
    constexpr int k_resident_pages = 24;
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    auto resident = stat_field(k_resident_pages);
    if (resident) *resident *= static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    write("process_cpu_seconds_total", "counter", "Processor time used, in seconds.",
          std::optional(seconds(used.ru_utime) + seconds(used.ru_stime)));
    write("process_start_time_seconds", "gauge", "When the process began, in Unix seconds.",
          start_time());
    write("process_resident_memory_bytes", "gauge", "Memory in use.", resident);
    write("process_virtual_memory_bytes", "gauge", "Address space in use.",
          stat_field(k_virtual_bytes));
    write("process_open_fds", "gauge", "Open file descriptors.", open_files());
    write("process_max_fds", "gauge", "The limit on open file descriptors.",
          std::optional(static_cast<std::uint64_t>(files.rlim_cur)));
}

}  // namespace bellwether::observe
