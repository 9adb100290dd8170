#include "measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include "network.hpp"

namespace bench {

std::string Samples::json() {
    std::sort(values_.begin(), values_.end());
    const auto at = [this](double share) {
        if (values_.empty()) return 0.0;
        const auto last = static_cast<double>(values_.size() - 1);
        return static_cast<double>(values_[static_cast<std::size_t>(share * last)]) / 1e3;
    };
    char text[160];
    std::snprintf(text, sizeof(text), R"({"p50": %.1f, "p99": %.1f, "p99.9": %.1f, "max": %.1f})",
                  at(0.5), at(0.99), at(0.999), at(1.0));
    return text;
}

Watched::Watched(const std::string& ids) {
    std::istringstream list(ids);
    for (std::string id; std::getline(list, id, ',');) ids_.push_back(std::stoi(id));
}

// The kernel's own count of user and system time, in nanoseconds where /proc has hundredths of
// seconds.
std::int64_t Watched::cpu_ns() const {
    std::int64_t sum = 0;
    for (const pid_t id : ids_) {
        clockid_t clock{};
        timespec time{};
        if (clock_getcpuclockid(id, &clock) != 0) continue;
        if (clock_gettime(clock, &time) == 0) sum += time.tv_sec * k_second + time.tv_nsec;
    }
    return sum;
}

std::int64_t Watched::resident_bytes() const {
    std::int64_t sum = 0;
    for (const pid_t id : ids_) {
        std::ifstream file("/proc/" + std::to_string(id) + "/smaps_rollup");
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Rss:")) sum += std::stoll(line.substr(4)) * 1024;
        }
    }
    return sum;
}

}  // namespace bench
