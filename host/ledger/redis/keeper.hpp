// `RedisKeeper` does a host's work with its Redis ledger that no single call waits for. It has its
// own thread and connection; any thread may call it. The keeper tells its parts when to act:
//   RedisOutbox, RedisSettler   send each settlement until the server has confirmed it
//   RedisLease                  keeps other hosts from settling the calls of this one
//   RedisRecovery               gives holds again if the server has lost its contents
//   RedisJanitor                settles the calls of lost hosts, deletes old data
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

namespace bellwether::ledger {

class RedisKeeper {
  public:
    using Task = RedisOutbox::Task;
    using TaskPointer = RedisOutbox::TaskPointer;

    // The caller keeps `holds` for longer than the keeper.
    RedisKeeper(RedisSettings settings, std::shared_ptr<const RedisScripts> scripts,
                RedisHolds& holds, std::uint64_t host);
    // Waits up to 1 s until all is settled, and then gives the host's lease back.
    ~RedisKeeper();
    RedisKeeper(const RedisKeeper&) = delete;
    RedisKeeper& operator=(const RedisKeeper&) = delete;

    // Waits for the first attempt to connect. The error means that the server answers but cannot be
    // used; a server that is away is no error.
    Result<void> first_contact();

    // Notes a settlement that the server must confirm. Returns null if one of the same hold waits
    // already.
    TaskPointer note(const Settlement& settlement, std::string_view how);
    // Leaves the sending of a settlement to the keeper.
    void take_over(TaskPointer task);
    void confirm(const Task& task);
    // Withdraws a hold whose answer did not arrive. It may have been given, or be given later.
    void withdraw(HoldId id);

    // Checks at once whether the server has lost its contents.
    void look() { lease_.look(); }

    std::int64_t now_us() const;
    StoreHealth health() const { return {.available = !away_, .losses = recovery_.losses()}; }
    std::size_t unconfirmed() const { return outbox_.size(); }
    // Waits until the settlements that are noted now are confirmed. False: the time is up.
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
    Announcement tried_;  // the first attempt has ended; empty: the server can be used, or is away
    Announcement left_;   // the farewell to the server has ended

    // From here on: used on the keeper's own thread.
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

}  // namespace bellwether::ledger
