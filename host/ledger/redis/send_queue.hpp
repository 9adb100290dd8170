// `SendQueue` keeps the settlements that the keeper sends, and decides which is next and when none
// may be sent. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "ledger/redis/outbox.hpp"

namespace bellwether::ledger {

class SendQueue {
  public:
    using TaskPointer = RedisOutbox::TaskPointer;
    // How many may be sent and not yet answered. That is enough to keep a server busy that is a
    // millisecond away. More would only delay the holds of calls, as the server runs one command
    // after another.
    static constexpr std::size_t k_in_flight_max = 128;

    void add(const std::vector<TaskPointer>& tasks) {
        waiting_.insert(waiting_.end(), tasks.begin(), tasks.end());
    }
    // Adds a task that was sent and not confirmed. It is sent again after all others.
    void add_again(TaskPointer task) { waiting_.push_back(std::move(task)); }

    // The task to be sent now; null if there is none.
    TaskPointer next() {
        if (paused_ || in_flight_ >= k_in_flight_max || waiting_.empty()) return nullptr;
        ++in_flight_;
        TaskPointer task = std::move(waiting_.front());
        waiting_.pop_front();
        return task;
    }
    void answered() { --in_flight_; }
    // True when fewer than half of the maximum are in flight. Only then more are sent, so that they
    // go out together.
    bool wants_more() const { return in_flight_ < k_in_flight_max / 2; }

    // Returns false if the queue is paused already.
    bool pause() { return !std::exchange(paused_, true); }
    void resume() { paused_ = false; }

  private:
    std::deque<TaskPointer> waiting_;
    std::size_t in_flight_ = 0;
    bool paused_ = false;
};

}  // namespace bellwether::ledger
