// Tells sessions, each on its own loop, how far the journal is written, and when it cannot be
// written further. A loop is posted to once for any number of waiting calls, and only if one waits.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"

namespace bw::ledger {

class Durability {
  public:
    // What one session waits for. On its loop only.
    class Waiters : public std::enable_shared_from_this<Waiters> {
      public:
        Waiters(boost::asio::io_context& loop, const Durability& durability)
            : loop_(loop), durability_(durability) {}

        // From inside if the entry is written already; else, and that gives true, when it is, or
        // when that fails.
        bool wait(std::uint64_t sequence, LedgerSession::OnDurable on_durable);

      private:
        friend class Durability;
        bool decided(std::uint64_t sequence) const;
        void deliver();
        void post();  // by the writer's thread, while the inbox is open, or on the loop

        boost::asio::io_context& loop_;
        const Durability& durability_;
        std::multimap<std::uint64_t, LedgerSession::OnDurable> waiting_;
        std::atomic<bool> waits_ = false;  // whether to post when something is decided
    };

    std::shared_ptr<Waiters> open(boost::asio::io_context& loop);
    // What still waits is dropped; nothing is posted any more.
    void close(const std::shared_ptr<Waiters>& inbox);

    std::uint64_t written() const { return written_.load(); }
    // Whether what is not written yet cannot be, for now.
    bool failing() const { return failing_.load(); }
    // By the writer.
    void advance(std::uint64_t sequence);
    void fail();

  private:
    void post();

    std::atomic<std::uint64_t> written_ = 0;
    std::atomic<bool> failing_ = false;
    Mutex mutex_;
    std::vector<std::shared_ptr<Waiters>> inboxes_ GUARDED_BY(mutex_);
};

}  // namespace bw::ledger
