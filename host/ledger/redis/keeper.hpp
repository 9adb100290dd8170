// What a host does with its Redis ledger beside its calls, on a thread and a connection of its own:
// its parts each do one thing, the keeper tells them when. From any thread.
//   RedisOutbox, RedisSettler   see to it that all is settled, however long it takes
//   RedisLease                  keeps other hosts from settling this one's calls
//   RedisRecovery               holds anew what is in flight where the server has lost it
//   RedisJanitor                settles for hosts that are lost, takes out what is old
//   ServerClock                 knows the server's time
//   Announcement, AwayNotice    say whether the server is there
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <thread>

#include "ledger/ledger.hpp"
#include "ledger/redis/availability.hpp"
#include "ledger/redis/holds.hpp"
#include "ledger/redis/janitor.hpp"
#include "ledger/redis/lease.hpp"
#include "ledger/redis/outbox.hpp"
#include "ledger/redis/recovery.hpp"
#include "ledger/redis/scripts.hpp"
#include "ledger/redis/server_clock.hpp"
#include "ledger/redis/settler.hpp"

namespace bw::ledger {

class RedisKeeper {
  public:
    using Task = RedisOutbox::Task;
    using TaskPointer = RedisOutbox::TaskPointer;

    // The holds outlive it.
    RedisKeeper(RedisSettings settings, std::shared_ptr<const RedisScripts> scripts,
                RedisHolds& holds, std::uint64_t host);
    // Says farewell to the server if all is settled.
    ~RedisKeeper();
    RedisKeeper(const RedisKeeper&) = delete;
    RedisKeeper& operator=(const RedisKeeper&) = delete;

    // Waits for the first attempt to connect. An error: the server is there but will not do.
    Result<void> first_contact();

    // A settlement to be confirmed. Null: one of the same hold waits already.
    TaskPointer note(const Settlement& settlement, std::string_view how);
    void take_over(TaskPointer task);
    void confirm(const Task& task);
    // A hold that may have been given, or may still be, though nobody has heard of it.
    void withdraw(HoldId id);

    // At once, whether the server still has what it had.
    void look() { lease_.look(); }

    std::int64_t now_us() const;
    Health health() const { return {.available = !away_, .losses = recovery_.losses()}; }
    std::size_t unconfirmed() const { return outbox_.size(); }
    // Waits for those that there are now.
    bool flush(std::int64_t limit_ms);

  private:
    void take_over_all();
    void changed(const std::string& reason);
    void renewed(const std::expected<Renewal, std::string>& renewal, std::int64_t asked_us);
    void leave();

    RedisHolds& holds_;
    RedisOutbox outbox_;
    ServerClock clock_;
    std::atomic<bool> away_ = false;
    Announcement tried_;  // the first attempt; empty: the server will do, or is away
    Announcement left_;

    // Of the keeper's own thread.
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    const RedisChannel channel_;
    RedisSettler settler_;
    RedisLease lease_;
    RedisRecovery recovery_;
    RedisJanitor janitor_;
    AwayNotice away_notice_;
    boost::asio::steady_timer leave_timer_;
    std::thread thread_;
};

}  // namespace bw::ledger
