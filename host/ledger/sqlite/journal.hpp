// Writes down what the book decides, from a thread of its own: whatever came in a commit window, or
// while one commit went to the disk, is in the next. If the disk fails, what was taken waits here,
// and is tried again until it is written; new holds are refused meanwhile, so what waits is
// bounded. The same thread takes out old usage rows.
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

namespace bw::ledger {

inline constexpr std::size_t k_unwritten_max = 100'000;  // operations

struct JournalSettings {
    std::chrono::milliseconds linger{10};
    config::Sync sync = config::Sync::disk;
};

class SqliteJournal final : public Journal {
  public:
    // The database and its statements are the thread's from here on.
    SqliteJournal(std::unique_ptr<Database> database, BatchStatements statements,
                  SqliteThinning thinning, SqlitePlace place, JournalSettings settings);
    // Writes what is left, if the disk lets it.
    ~SqliteJournal() override;

    std::uint64_t held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) override;
    void settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                 std::vector<Mark> marks) override;
    void reset(std::vector<Mark> marks) override;
    void forgotten(std::uint64_t tally) override;

    // After the book's mutex is free again: the thread may sleep for longer than it should now.
    void wake();
    // For its hold, which is not durable yet.
    void answer_waits();
    // Why no hold can be taken now.
    std::optional<std::string> trouble();
    bool flush(std::chrono::milliseconds limit);

    Durability& durability() { return durability_; }
    // Any thread: these two.
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

    // What the thread does next.
    struct Turn {
        std::deque<Entry> entries;
        std::uint64_t last = 0;        // of the entries that were ever taken
        std::optional<Commit> commit;  // nothing: it is not time
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
    Batch batch_;              // this and what follows: the thread's own
    bool unsynced_ = false;    // something is in the file that a power cut can take out of it
    bool in_doubt_ = false;    // the system failed to sync it, and may have dropped it
    std::uint64_t whole_ = 0;  // all up to here is in the file, and not only holds
    std::chrono::milliseconds pause_{0};  // between two tries
    Durability durability_;

    Mutex mutex_;
    Condition came_;
    Condition written_;
    std::deque<Entry> entries_ GUARDED_BY(mutex_);
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::uint64_t complete_ GUARDED_BY(mutex_) = 0;  // all up to here is where `sync_` wants it
    CommitWindow window_ GUARDED_BY(mutex_);
    // min: it is awake
    Clock::time_point sleeps_until_ GUARDED_BY(mutex_) = Clock::time_point::min();
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::string failure_ GUARDED_BY(mutex_);  // why, while durability_ is failing
    Clock::time_point give_up_ GUARDED_BY(mutex_);

    std::atomic<std::size_t> unwritten_ = 0;
    std::atomic<bool> wake_ = false;  // it sleeps for too long
    std::thread thread_;
};

}  // namespace bw::ledger
