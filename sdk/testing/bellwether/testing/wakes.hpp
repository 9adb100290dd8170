// Which calls of engines have been woken. Part of <bellwether/testing/fake_host.hpp>.
#pragma once

#include <bellwether/ext/engine.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>

namespace bw::testing {

// Tickets of calls, and whether a step is due. Any thread.
class Wakes {
  public:
    // A ticket of its own for a call whose first step is due.
    bw_ticket begin() {
        const std::lock_guard<std::mutex> lock(mutex_);
        due_[++last_] = true;
        return last_;
    }
    // From now on waking it does nothing.
    void end(bw_ticket ticket) {
        const std::lock_guard<std::mutex> lock(mutex_);
        due_.erase(ticket);
    }
    void wake(bw_ticket ticket) {
        const std::lock_guard<std::mutex> lock(mutex_);
        ++count_;
        const auto call = due_.find(ticket);
        if (call == due_.end()) return;
        call->second = true;
        woken_.notify_all();
    }
    // Waits until a step is due, and takes that as done: of what comes during the step none is
    // lost. False: none came in so long.
    bool take(bw_ticket ticket, std::chrono::milliseconds at_most) {
        std::unique_lock<std::mutex> lock(mutex_);
        const auto is_due = [&] {
            const auto call = due_.find(ticket);
            return call != due_.end() && call->second;
        };
        if (!woken_.wait_for(lock, at_most, is_due)) return false;
        due_[ticket] = false;
        return true;
    }
    // How often wake was called so far.
    std::size_t count() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return count_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    std::map<bw_ticket, bool> due_;
    bw_ticket last_ = 0;
    std::size_t count_ = 0;
};

}  // namespace bw::testing
