// `Durability` knows up to which sequence number the holds in the journal are durable, and whether
// it can be written at all. The writer's thread reports that; each session hears of it on its own
// loop, through its `Waiters`. A loop is posted to only if a call waits there, and once for all
// calls that wait.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

class Durability {
  public:
    // The calls of one session that wait for their holds. Used on the session's loop only, except
    // where a comment says otherwise.
    class Waiters : public std::enable_shared_from_this<Waiters> {
      public:
        Waiters(boost::asio::io_context& loop, const Durability& durability)
            : loop_(loop), durability_(durability) {}

        // Calls back from inside, and returns false, if the hold is durable already. Otherwise
        // returns true, and calls back when it is durable or when writing fails.
        bool wait(std::uint64_t sequence, LedgerSession::OnDurable on_durable);

      private:
        friend class Durability;
        bool decided(std::uint64_t sequence) const;
        void deliver();
        void post();  // on the loop or, until `close`, by the writer's thread

        boost::asio::io_context& loop_;
        const Durability& durability_;
        std::multimap<std::uint64_t, LedgerSession::OnDurable> waiting_;
        std::atomic<bool> waits_ = false;  // a call waits, and nothing was posted for it yet
    };

    std::shared_ptr<Waiters> open(boost::asio::io_context& loop);
    // Drops the callbacks that still wait. Nothing is posted for this session any more.
    void close(const std::shared_ptr<Waiters>& waiters);

    std::uint64_t written() const { return written_.load(); }
    // Whether writing has failed, and has not succeeded since.
    bool failing() const { return failing_.load(); }
    // The writer's thread calls `advance` when all holds up to `sequence` are durable (what else
    // came up to there may not be written yet), and `fail` when it could not write.
    void advance(std::uint64_t sequence);
    void fail();

  private:
    void post();

    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<bool> failing_ = false;
    Mutex mutex_;
    std::vector<std::shared_ptr<Waiters>> waiting_sessions_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::ledger
