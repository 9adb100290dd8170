// When a plugin's child process comes back after it has ended: at once the first time, later and
// later after that, and for a long while not at all if it ends again and again.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace bellwether::plugin::isolated {

struct RevivalLimits {
    std::chrono::milliseconds first{100};
    std::chrono::milliseconds longest{30'000};
    std::chrono::milliseconds window{600'000};  // in which ends count
    std::size_t ends = 5;                       // as many within the window: quarantine
    std::chrono::milliseconds quarantine{600'000};
};

class Revival {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Decision {
        std::chrono::milliseconds wait;
        bool quarantined;
    };

    explicit Revival(const RevivalLimits& limits = {}) : limits_(limits) {}
    // It has ended. After a quarantine the count begins anew.
    Decision ended(Time now);

  private:
    const RevivalLimits limits_;
    std::deque<Time> ends_;
};

}  // namespace bellwether::plugin::isolated
