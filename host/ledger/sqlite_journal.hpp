// Writes down what the book decides, from a thread of its own: whatever came while one commit went
// to the disk is in the next. If the disk fails, what was taken waits here, and is tried again
// until it is written; new holds are refused meanwhile, so what waits is bounded. The same thread
// takes out old usage rows.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "ledger/durability.hpp"
#include "ledger/journal.hpp"
#include "ledger/sqlite_batch.hpp"
#include "ledger/sqlite_database.hpp"
#include "ledger/sqlite_place.hpp"
#include "ledger/sqlite_thinning.hpp"

namespace bw::ledger {

inline constexpr std::size_t k_unwritten_max = 100'000;  // operations

class SqliteJournal final : public Journal {
  public:
    // The database and its statements are the thread's from here on.
    SqliteJournal(std::unique_ptr<Database> database, BatchStatements statements,
                  SqliteThinning thinning, SqlitePlace place);
    // Writes what is left, if the disk lets it.
    ~SqliteJournal() override;

    std::uint64_t held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) override;
    void settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                 std::vector<Mark> marks) override;
    void reset(std::vector<Mark> marks) override;
    void forgotten(std::uint64_t tally) override;

    // After the book's mutex is free again: there may be something to write.
    void wake();
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

    std::uint64_t add(Entry entry);
    void run();
    bool take(std::deque<Entry>& entries, std::uint64_t& last);
    bool write(std::deque<Entry>& entries, std::uint64_t last);
    void fold(std::deque<Entry>& entries);
    Result<void> commit();
    void written(std::uint64_t last);
    bool failed(const Error& error);

    const std::unique_ptr<Database> database_;
    BatchStatements statements_;
    SqliteThinning thinning_;
    SqlitePlace place_;
    Batch batch_;  // the thread's own
    Durability durability_;

    std::mutex mutex_;
    std::condition_variable came_;
    std::condition_variable written_;
    std::deque<Entry> entries_;  // this and what follows: guarded by mutex_
    std::uint64_t last_ = 0;
    bool stopping_ = false;
    std::string failure_;  // why, while durability_ is failing
    Clock::time_point give_up_;

    std::atomic<std::size_t> unwritten_ = 0;
    std::atomic<bool> sleeping_ = false;
    std::chrono::milliseconds pause_{0};  // the thread's own: between two tries
    std::thread thread_;
};

}  // namespace bw::ledger
