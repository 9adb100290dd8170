#include "ledger/sqlite/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_pause_least{50};
constexpr milliseconds k_pause_most{1'000};
constexpr milliseconds k_last_tries{5'000};  // how long a host that ends goes on trying

}  // namespace

SqliteJournal::SqliteJournal(std::unique_ptr<Database> database, BatchStatements statements,
                             SqliteThinning thinning, SqlitePlace place, JournalSettings settings)
    : database_(std::move(database)),
      statements_(std::move(statements)),
      thinning_(std::move(thinning)),
      place_(std::move(place)),
      sync_(settings.sync),
      window_(settings.linger, settings.sync) {
    thread_ = std::thread([this] { run(); });
}

SqliteJournal::~SqliteJournal() {
    {
        const Lock lock(mutex_);
        stopping_ = true;
        give_up_ = Clock::now() + k_last_tries;
    }
    came_.notify_all();
    thread_.join();
    // If the database was moved, the log by its name may be another host's: closing must keep it.
    if (!place_.check_database()) database_->keep_log();
}

std::uint64_t SqliteJournal::held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) {
    return add(Held{std::move(call), std::move(marks)});
}

void SqliteJournal::settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                            std::vector<Mark> marks) {
    add(Settled{std::move(call), std::move(settlement), std::move(marks)});
}

void SqliteJournal::reset(std::vector<Mark> marks) { add(Reset{std::move(marks)}); }

void SqliteJournal::forgotten(std::uint64_t tally) { add(Forgotten{tally}); }

std::uint64_t SqliteJournal::add(Entry entry) {
    const bool hold = std::holds_alternative<Held>(entry);
    const auto now = Clock::now();
    const Lock lock(mutex_);
    ++unwritten_;
    entries_.push_back(std::move(entry));
    hold ? window_.hold_came(now) : window_.other_came(now);
    if (sleeps_too_long()) wake_ = true;
    return ++last_;
}

// Whether the thread would wake too late for what is due. Says so once, as it is then woken.
bool SqliteJournal::sleeps_too_long() {
    if (window_.due() >= sleeps_until_) return false;
    sleeps_until_ = window_.due();
    return true;
}

void SqliteJournal::wake() {
    if (wake_ && wake_.exchange(false)) came_.notify_one();
}

void SqliteJournal::answer_waits() {
    {
        const Lock lock(mutex_);
        window_.answer_waits();
        if (!sleeps_too_long()) return;
    }
    came_.notify_one();
}

std::optional<std::string> SqliteJournal::trouble() {
    if (durability_.failing()) {
        const Lock lock(mutex_);
        return fmt::format("the ledger cannot be written: {}", failure_);
    }
    const auto unwritten = unwritten_.load();
    if (unwritten < k_unwritten_max) return std::nullopt;
    return fmt::format("{}: the disk is too slow: {} operations wait to be written",
                       database_->path(), unwritten);
}

bool SqliteJournal::flush(milliseconds limit) {
    const Lock lock(mutex_);
    const auto last = last_;
    const auto done = [&]() REQUIRES(mutex_) { return durable_up_to_ >= last; };
    if (done()) return true;
    window_.all_wanted();
    if (sleeps_too_long()) came_.notify_one();
    return written_.wait_until(mutex_, Clock::now() + limit, done);
}

void SqliteJournal::run() {
    Turn turn;
    while (next(turn)) {
        if (!write(turn)) return;
        if (!durability_.failing()) thinning_.look(Clock::now());
    }
}

// Waits until there is something to do. Returns false when the host ends and all is written.
bool SqliteJournal::next(Turn& turn) {
    const Lock lock(mutex_);
    const bool again = pause_ > milliseconds(0);  // the last try failed: its batch is to be written
    if (again && stopping_) {
        came_.wait_until(mutex_, Clock::now() + pause_);
    } else if (again) {
        came_.wait_until(mutex_, Clock::now() + pause_,
                         [&]() REQUIRES(mutex_) { return stopping_; });
    } else {
        sleep();
    }
    if (again || stopping_) window_.all_wanted();
    turn.commit.reset();
    const auto now = Clock::now();
    if (window_.due() > now) return true;
    turn.commit = window_.take(now);
    turn.entries.swap(entries_);
    turn.last = last_;
    const bool left = !turn.entries.empty() || !batch_.empty(Extent::all) || unsynced_;
    return left || !stopping_;
}

// Sleeps until something is due, or until the host ends.
void SqliteJournal::sleep() {
    while (!stopping_) {
        sleeps_until_ = std::min({window_.due(), thinning_.due(), place_.due()});
        if (sleeps_until_ <= Clock::now()) break;
        came_.wait_until(mutex_, sleeps_until_);
    }
    sleeps_until_ = Clock::time_point::min();
}

// Returns false to end the thread: the host ends, and writing has failed for too long.
bool SqliteJournal::write(Turn& turn) {
    fold(turn.entries);
    if (auto there = place_.check(Clock::now()); !there) return failed(there.error());
    if (!turn.commit) return true;
    auto& [extent, wait] = *turn.commit;
    if (!batch_.empty(Extent::holds)) extent = std::max(extent, batch_.least());
    if (wait == Wait::for_disk && batch_.has_ended_calls()) extent = Extent::all;
    auto done = commit(extent);
    if (done && wait == Wait::for_disk) done = sync();
    if (!done) return failed(done.error());
    written(turn);
    return true;
}

void SqliteJournal::fold(std::deque<Entry>& entries) {
    struct Folder {
        Batch& batch;
        void operator()(Held& held) { batch.held(std::move(held.call), std::move(held.marks)); }
        void operator()(Settled& settled) {
            batch.settled(*settled.call, std::move(settled.settlement), std::move(settled.marks));
        }
        void operator()(Reset& reset) { batch.reset(std::move(reset.marks)); }
        void operator()(Forgotten& forgotten) { batch.forgotten(forgotten.tally); }
    };
    for (auto& entry : entries) std::visit(Folder{batch_}, entry);
    entries.clear();
}

Result<void> SqliteJournal::commit(Extent extent) {
    if (batch_.empty(extent)) return {};
    auto done = batch_.write(statements_, extent);
    // An error may have ended the transaction already; then the ROLLBACK fails, which is harmless.
    if (!done) (void)database_->run("ROLLBACK");
    if (done && sync_ == config::Sync::disk) unsynced_ = true;
    return done;
}

// If a flush (fsync) of the log fails, the system may drop the unwritten pages, and report success
// the next time. The log can still be read, so its contents are then copied into the database
// itself, and that is flushed.
Result<void> SqliteJournal::sync() {
    if (!unsynced_) return {};
    auto done = flush_failed_ ? database_->empty_log() : database_->sync_log();
    flush_failed_ = !done;
    unsynced_ = flush_failed_;
    return done;
}

void SqliteJournal::written(const Turn& turn) {
    pause_ = milliseconds(0);
    if (durability_.failing()) {
        observe::warn("ledger: {} can be written again; nothing was lost", database_->path());
    }
    if (turn.commit->extent == Extent::all) whole_ = turn.last;
    if (unsynced_ || batch_.has_ended_calls()) return;
    durability_.advance(turn.last);
    {
        // With the mutex, so that no flush() misses the notification between its look and its wait.
        const Lock lock(mutex_);
        durable_up_to_ = whole_;
        unwritten_ = last_ - durable_up_to_;
    }
    written_.notify_all();
}

// Notes a failure. Returns false if the host ends and its time for more tries is up.
bool SqliteJournal::failed(const Error& error) {
    pause_ = std::clamp(pause_ * 2, k_pause_least, k_pause_most);
    {
        const Lock lock(mutex_);
        failure_ = error.message;
    }
    if (!durability_.failing()) {
        observe::error("ledger: {}; no new call is counted until it can be written again",
                       error.message);
    }
    durability_.fail();
    const Lock lock(mutex_);
    if (!stopping_) return true;
    pause_ = std::min(pause_, milliseconds(200));
    if (Clock::now() < give_up_) return true;
    observe::error(
        "ledger: {}: {} operations were not written; calls that they end will be "
        "settled at their estimates",
        error.message, unwritten_.load());
    return false;
}

}  // namespace bellwether::ledger
