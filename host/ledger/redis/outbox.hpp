// `RedisOutbox` keeps the settlements of this host that the server has not confirmed. A session
// notes a settlement and sends it. If that fails, it hands the settlement over to the keeper, which
// sends it until it is confirmed; the server settles a hold only once. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"
#include "ledger/redis/codec.hpp"

namespace bellwether::ledger {

class RedisOutbox {
  public:
    struct Task {
        Words words;
        HoldId id;
        std::uint64_t number;
    };
    using TaskPointer = std::shared_ptr<const Task>;

    // Adds a settlement. Returns null if one of the same hold waits already.
    TaskPointer note(const HoldId& id, Words words);
    // Removes a task that the server has confirmed. A second confirmation does nothing.
    void confirm(const Task& task);
    // Gives a task to the keeper. Returns true if it is the first since the last `take`: then the
    // caller must tell the keeper.
    bool hand_over(TaskPointer task);
    // Gives all tasks to the keeper, even those that sessions have sent: a session whose loop does
    // not run any more would never hear of a failure.
    void hand_over_all();
    // Returns the tasks that were handed over since the last `take`.
    std::vector<TaskPointer> take();

    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    // Waits until all tasks that are noted now are confirmed. False: the time is up.
    bool wait_until(Condition::Time end);

  private:
    Mutex mutex_;
    Condition confirmed_;
    std::map<std::uint64_t, TaskPointer> tasks_ GUARDED_BY(mutex_);  // by number
    std::unordered_set<HoldId, HoldIdHash> ids_ GUARDED_BY(mutex_);  // of the tasks
    std::vector<TaskPointer> handed_over_ GUARDED_BY(mutex_);
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::atomic<std::size_t> size_ = 0;
};

}  // namespace bellwether::ledger
