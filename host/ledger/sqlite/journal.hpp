// `SqliteJournal` writes the decisions of the book to the SQLite file, in a thread of its own. One
// commit takes all that came within a commit window, or while the commit before it went to the
// disk. If the disk fails, the operations wait in memory, and the thread tries again until they are
// written. Meanwhile new holds are refused, so the backlog is bounded. The same thread deletes old
// usage rows.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/mutex.hpp"
#include "config/config.hpp"
#include "ledger/journal.hpp"
#include "ledger/sqlite/batch.hpp"
#include "ledger/sqlite/commit_window.hpp"
#include "ledger/sqlite/database.hpp"
#include "ledger/sqlite/durability.hpp"
#include "ledger/sqlite/place.hpp"
#include "ledger/sqlite/thinning.hpp"

namespace bellwether::ledger {

inline constexpr std::size_t k_unwritten_max = 100'000;  // operations

struct JournalSettings {
    std::chrono::milliseconds linger{10};
    config::Sync sync = config::Sync::disk;
};

class SqliteJournal final : public Journal {
  public:
    // From here on only the journal's thread uses the database and its statements.
    SqliteJournal(std::unique_ptr<Database> database, BatchStatements statements,
                  SqliteThinning thinning, SqlitePlace place, JournalSettings settings);
    // Writes the rest of the backlog, and gives up after 5 s if the disk fails.
    ~SqliteJournal() override;

    std::uint64_t held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) override;
    void settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                 std::vector<Mark> marks) override;
    void reset(std::vector<Mark> marks) override;
    void forgotten(std::uint64_t tally) override;

    // Wakes the thread if a new operation is due before the thread would wake. The caller does so
    // when it has released the book's mutex again.
    void wake();
    // An answer waits until its hold is durable: commits the holds at once.
    void answer_waits();
    // Why no hold can be given now; nothing if one can.
    std::optional<std::string> trouble();
    bool flush(std::chrono::milliseconds limit);

    Durability& durability() { return durability_; }
    // Any thread may call these two.
    bool failing() const { return durability_.failing(); }
    const SqlitePlace& place() const { return place_; }

  private:
    struct Held {
        std::shared_ptr<const HeldCall> call;
        std::vector<Mark> marks;
    };
    struct Settled {
        std::shared_ptr<const HeldCall> call;
        Settlement settlement;
        std::vector<Mark> marks;
    };
    struct Reset {
        std::vector<Mark> marks;
    };
    struct Forgotten {
        std::uint64_t tally;
    };
    using Entry = std::variant<Held, Settled, Reset, Forgotten>;
    using Clock = std::chrono::steady_clock;

    // One turn of the thread: the entries that it has taken, and the commit that is due.
    struct Turn {
        std::deque<Entry> entries;
        std::uint64_t last = 0;        // the sequence number of the last entry taken so far
        std::optional<Commit> commit;  // nothing: no commit is due yet
    };

    std::uint64_t add(Entry entry);
    bool sleeps_too_long() REQUIRES(mutex_);
    void run();
    bool next(Turn& turn);
    void sleep() REQUIRES(mutex_);
    bool write(Turn& turn);
    void fold(std::deque<Entry>& entries);
    Result<void> commit(Extent extent);
    Result<void> sync();
    void written(const Turn& turn);
    bool failed(const Error& error);

    const std::unique_ptr<Database> database_;
    BatchStatements statements_;
    SqliteThinning thinning_;
    SqlitePlace place_;
    const config::Sync sync_;
    // From `batch_` to `pause_`: used by the journal's thread only.
    Batch batch_;
    bool unsynced_ = false;      // the file has commits that a power cut could still lose
    bool flush_failed_ = false;  // a flush of the log has failed: the system may have dropped pages
    std::uint64_t whole_ = 0;  // all entries up to this number are in the file, not only the holds
    std::chrono::milliseconds pause_{0};  // before the next try; above 0: the last one failed
    Durability durability_;

    Mutex mutex_;
    Condition came_;
    Condition written_;
    std::deque<Entry> entries_ GUARDED_BY(mutex_);
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    // All entries up to this number are written and, if `sync_` says so, on the disk.
    std::uint64_t durable_up_to_ GUARDED_BY(mutex_) = 0;
    CommitWindow window_ GUARDED_BY(mutex_);
    // When the thread wakes by itself; min: it is awake.
    Clock::time_point sleeps_until_ GUARDED_BY(mutex_) = Clock::time_point::min();
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::string failure_ GUARDED_BY(mutex_);  // the message, while durability_ is failing
    Clock::time_point give_up_ GUARDED_BY(mutex_);

    std::atomic<std::size_t> unwritten_ = 0;
    std::atomic<bool> wake_ = false;  // the thread sleeps for longer than it should
    std::thread thread_;
};

}  // namespace bellwether::ledger
