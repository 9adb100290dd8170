// The clocks of the stores. A store gets its clock as a function, so that a test can pass its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace bellwether::ledger {

// Microseconds since 1970. Called by any thread.
using Clock = std::function<std::int64_t()>;

inline std::int64_t system_time_us() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Microseconds of a clock that nobody sets.
inline std::int64_t steady_time_us() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace bellwether::ledger
