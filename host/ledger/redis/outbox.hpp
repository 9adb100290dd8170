// The settlements of this host that the server has not confirmed. Whoever notes one sends it; one
// that could not be sent is handed over, and the keeper sends it as often as it takes: what Redis
// has settled once it does not settle again. Any thread.
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

namespace bw::ledger {

class RedisOutbox {
  public:
    struct Task {
        Words words;
        HoldId id;
        std::uint64_t number;
    };
    using TaskPointer = std::shared_ptr<const Task>;

    // Null: one of the same hold waits already.
    TaskPointer note(const HoldId& id, Words words);
    // Of whoever confirms it again nothing comes.
    void confirm(const Task& task);
    // True: it is the first since the last `take`, so the keeper must be told.
    bool hand_over(TaskPointer task);
    // Those that sessions have sent, too: a session's loop may not run any more.
    void hand_over_all();
    std::vector<TaskPointer> take();

    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    // Waits until those are confirmed that there are now. False: the time is up.
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

}  // namespace bw::ledger
