// Settlements that the keeper sends: which is next, and when to hold back. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "ledger/redis/outbox.hpp"

namespace bw::ledger {

class SendQueue {
  public:
    using TaskPointer = RedisOutbox::TaskPointer;
    // Enough to keep a server busy that is a millisecond away. More would only stand in the way of
    // the holds of calls, which the server carries out one behind another with these.
    static constexpr std::size_t k_in_flight_max = 128;

    void add(const std::vector<TaskPointer>& tasks) {
        waiting_.insert(waiting_.end(), tasks.begin(), tasks.end());
    }
    // It was sent in vain, and is sent again behind all others.
    void add_again(TaskPointer task) { waiting_.push_back(std::move(task)); }

    // Null: nothing is to be sent now.
    TaskPointer next() {
        if (paused_ || in_flight_ >= k_in_flight_max || waiting_.empty()) return nullptr;
        ++in_flight_;
        TaskPointer task = std::move(waiting_.front());
        waiting_.pop_front();
        return task;
    }
    void answered() { --in_flight_; }
    // Half of those in flight are answered: the next ones go together.
    bool wants_more() const { return in_flight_ < k_in_flight_max / 2; }

    // False: it is paused already.
    bool pause() { return !std::exchange(paused_, true); }
    void resume() { paused_ = false; }

  private:
    std::deque<TaskPointer> waiting_;
    std::size_t in_flight_ = 0;
    bool paused_ = false;
};

}  // namespace bw::ledger
