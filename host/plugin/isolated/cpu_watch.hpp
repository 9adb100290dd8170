// `CpuWatch` watches how much processor time a process takes: in each span of 10 s it may keep a
// number of processors busy, and no more. Used on one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace bellwether::plugin::isolated {

class CpuWatch {
  public:
    // `hundredths`: of a processor; 0: there is no limit, and nothing to watch.
    CpuWatch(pid_t process, int hundredths) : process_(process), hundredths_(hundredths) {}

    // After how long it is to be asked, as poll(2) takes it.
    int wait_ms() const { return hundredths_ == 0 ? -1 : k_look_ms; }
    // Whether it has had all that it may have in this span.
    bool takes_too_much();
    std::string why() const;  // as a part of a sentence

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr int k_look_ms = 250;

    const pid_t process_;
    const int hundredths_;
    Clock::time_point began_{};  // the span
    std::chrono::nanoseconds taken_before_{0};
};

}  // namespace bellwether::plugin::isolated
