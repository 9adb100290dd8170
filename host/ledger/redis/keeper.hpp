// What a host does with its Redis ledger beside its calls, on a thread and a connection of its own:
// sees to it that all is settled, however long it takes; keeps the host's lease; settles for hosts
// whose lease has run out; takes out what is old; knows the server's time; notices when the server
// has lost what it had, and holds anew what is in flight. From any thread.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"
#include "ledger/redis/codec.hpp"
#include "ledger/redis/connection.hpp"
#include "ledger/redis/holds.hpp"
#include "ledger/redis/scripts.hpp"
#include "observe/seldom.hpp"

namespace bw::ledger {

class RedisKeeper {
  public:
    // The holds outlive it.
    RedisKeeper(RedisSettings settings, std::shared_ptr<const RedisScripts> scripts,
                RedisHolds& holds, std::uint64_t host);
    // Says farewell to the server if all is settled.
    ~RedisKeeper();
    RedisKeeper(const RedisKeeper&) = delete;
    RedisKeeper& operator=(const RedisKeeper&) = delete;

    // Waits for the first attempt to connect. An error: the server is there but will not do.
    Result<void> first_contact();

    // A settlement to be confirmed. Whoever gets it sends it, and the keeper too if it is told or
    // cannot wait: what Redis has settled once it does not settle again.
    struct Task {
        Words words;
        HoldId id;
        std::uint64_t number;
    };
    using TaskPointer = std::shared_ptr<const Task>;

    // Null: one of the same hold waits already.
    TaskPointer note(const Settlement& settlement, std::string_view how);
    void take_over(TaskPointer task);
    void confirm(const Task& task);
    // A hold that may have been given, or may still be, though nobody has heard of it.
    void withdraw(HoldId id);

    // At once, whether the server still has what it had.
    void look();

    std::int64_t now_us() const;
    Health health() const { return {.available = !away_, .losses = losses_}; }
    std::size_t unconfirmed() const { return unconfirmed_.load(std::memory_order_relaxed); }
    // Waits for those that there are now.
    bool flush(std::int64_t limit_ms);

  private:
    struct IdHash {
        std::size_t operator()(const HoldId& id) const { return id.host ^ id.number; }
    };

    void take_over_all();
    void take();
    void pump();
    void answered(TaskPointer task, const RedisAnswer& answer);
    void pause(const std::string& why);
    void found(const std::string& epoch, std::int64_t looks);
    void hold_strays();
    void hold_again(const Hold& hold, const std::string& epoch);
    void changed(const std::string& reason);
    void tried(const std::string& refusal);
    void renew();
    void reap();
    void thin();
    void leave();
    void run();

    const RedisSettings settings_;
    const std::shared_ptr<const RedisScripts> scripts_;
    RedisHolds& holds_;
    const std::string host_;

    mutable Mutex mutex_;
    Condition condition_;
    std::map<std::uint64_t, TaskPointer> tasks_ GUARDED_BY(mutex_);  // by number
    std::unordered_set<HoldId, IdHash> ids_ GUARDED_BY(mutex_);      // of the tasks
    std::vector<TaskPointer> incoming_ GUARDED_BY(mutex_);
    std::uint64_t last_task_ GUARDED_BY(mutex_) = 0;
    bool tried_ GUARDED_BY(mutex_) = false;
    bool left_ GUARDED_BY(mutex_) = false;
    std::string refusal_ GUARDED_BY(mutex_);
    std::atomic<std::size_t> unconfirmed_ = 0;
    std::atomic<std::int64_t> offset_us_;  // from the steady clock to the server's
    std::atomic<bool> away_ = false;
    std::atomic<std::uint64_t> losses_ = 0;
    std::atomic<bool> looking_ = false;  // a look is on its way

    // Of the keeper's own thread.
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::shared_ptr<RedisConnection> connection_;
    std::deque<TaskPointer> pending_;
    std::size_t in_flight_ = 0;
    bool paused_ = false;
    std::int64_t looks_ = 0;  // at the present epoch, of all hosts, at the last renewal
    bool away_told_ = false;
    observe::Seldom away_lines_{std::chrono::minutes(1)};
    observe::Seldom refusal_lines_{std::chrono::minutes(1)};
    boost::asio::steady_timer pause_timer_;
    boost::asio::steady_timer renew_timer_;
    boost::asio::steady_timer thin_timer_;
    bool thinning_ = false;
    std::thread thread_;
};

}  // namespace bw::ledger
