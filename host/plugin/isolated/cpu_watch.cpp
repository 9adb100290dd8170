#include "plugin/isolated/cpu_watch.hpp"

#include <fmt/format.h>
#include <time.h>

namespace bellwether::plugin::isolated {
namespace {

constexpr std::chrono::seconds k_span{10};

// Of all its threads. Nothing: it has ended.
std::optional<std::chrono::nanoseconds> time_taken_by(pid_t process) {
    clockid_t clock{};
    timespec taken{};
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &taken) != 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(taken.tv_sec) + std::chrono::nanoseconds(taken.tv_nsec);
}

}  // namespace

bool CpuWatch::takes_too_much() {
    if (hundredths_ == 0) return false;
    const auto taken = time_taken_by(process_);
    if (!taken) return false;
    const auto now = Clock::now();
    if (now - began_ >= k_span) {
        began_ = now;
        taken_before_ = *taken;
    }
    return *taken - taken_before_ > std::chrono::nanoseconds(k_span) * hundredths_ / 100;
}

std::string CpuWatch::why() const {
    return fmt::format(
        "kept more than {}.{:02} processors busy over {} s, which isolate_cpu does not allow",
        hundredths_ / 100, hundredths_ % 100, k_span.count());
}

}  // namespace bellwether::plugin::isolated
