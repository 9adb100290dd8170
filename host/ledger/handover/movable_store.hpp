// `MovableStore` is a store that can go over to another process while calls are in flight: it lets
// go of the store behind it, and then either asks the process that has it, or takes it back. In
// between, what the sessions are asked waits; no call notices more than that.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "base/mutex.hpp"
#include "ledger/local_store.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {

class MovableSession;

class MovableStore final : public Store {
  public:
    // Opens the store behind again, with what it had when it was closed.
    using Reopen = std::function<Result<std::unique_ptr<LocalStore>>(MovedStore moved)>;

    MovableStore(std::unique_ptr<LocalStore> store, Reopen reopen);
    ~MovableStore() override;

    // Not after leave(), until the store is taken back.
    std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) override;
    Result<std::vector<StoredCounter>> counters() override;
    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override;
    Result<std::size_t> reset(std::string_view rule) override;
    bool flush(std::int64_t limit_ms) override;
    StoreHealth health() const override;
    MovableStore* movable() override { return this; }

    // The next four are for one thread, on which no session runs and which makes no report. They
    // wait for the loops of the sessions, which take each step between two of their events.
    struct Patience {
        std::chrono::milliseconds limit;
        std::function<bool()> gives_up = [] { return false; };  // asked while it waits
    };
    struct Moved {
        const MovedStore& contents;       // until the next call of this object
        std::vector<Descriptor> sockets;  // for a Relay, one of each session
        std::size_t counters = 0;         // that the other process will read
    };
    // Writes everything, and closes the store behind; a file of it is free. If it fails, as a loop
    // does not answer in time for one, or as the store could not be opened again, the sessions go
    // on.
    Result<Moved> leave(const Patience& patience);
    // After leave(): opens the store behind again; the sessions go on with it, each as soon as its
    // loop comes to it.
    Result<void> take_back();
    // After take_back() has failed: the sessions give no holds, and keep what is settled, until the
    // store can be opened again. That is tried on a thread of this object, which says so.
    void come_back_later(const std::string& why);
    // After leave(): the sessions go on with the relay that has got the sockets, in the same way.
    void follow();

  private:
    friend class MovableSession;
    using Step = std::function<void(MovableSession&)>;

    void everywhere(const Step& step);
    void post_to_all(const Step& step) REQUIRES(mutex_);
    void try_until_back();
    std::unexpected<Error> gone() const;
    Result<void> everywhere(const Patience& patience, const Step& step);
    Result<void> make_sockets(std::vector<Descriptor>& theirs);
    Result<void> keep_contents(const LocalStore& store);
    LocalStore* behind() const;
    std::size_t count() const;  // of sessions
    void closed(const MovableSession* session);
    bool is_open(const MovableSession* session) const;

    const Reopen reopen_;
    HoldNumberSource source_;
    Mutex reports_;  // held by a report, as the store must not be closed under it
    mutable Mutex mutex_;
    // Null: it has gone over. Only the thread that moves it changes it.
    std::unique_ptr<LocalStore> store_ GUARDED_BY(mutex_);
    std::vector<MovableSession*> sessions_ GUARDED_BY(mutex_);
    std::string away_ GUARDED_BY(mutex_);  // why it cannot be opened again; empty: nobody tries
    bool ends_ GUARDED_BY(mutex_) = false;
    Condition ending_;
    std::thread returning_;
    // After leave(), of the thread that moves the store, or tries to open it again.
    MovedStore contents_;
    std::map<MovableSession*, Descriptor> own_sockets_;
};

}  // namespace bellwether::ledger
