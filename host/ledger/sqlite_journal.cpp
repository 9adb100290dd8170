#include "ledger/sqlite_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "observe/log.hpp"

namespace bw::ledger {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_pause_least{50};
constexpr milliseconds k_pause_most{1'000};
constexpr milliseconds k_last_tries{5'000};  // of a host that ends

}  // namespace

SqliteJournal::SqliteJournal(std::unique_ptr<Database> database, BatchStatements statements,
                             SqliteThinning thinning, SqlitePlace place)
    : database_(std::move(database)),
      statements_(std::move(statements)),
      thinning_(std::move(thinning)),
      place_(std::move(place)) {
    thread_ = std::thread([this] { run(); });
}

SqliteJournal::~SqliteJournal() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        give_up_ = Clock::now() + k_last_tries;
    }
    came_.notify_all();
    thread_.join();
    // What stands by the log's name may be another host's by now.
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
    const std::lock_guard lock(mutex_);
    ++unwritten_;
    entries_.push_back(std::move(entry));
    return ++last_;
}

// The thread says that it sleeps before it lets go of the mutex, and who adds needs the mutex: so
// either it is seen to sleep here, or it sees what was added.
void SqliteJournal::wake() {
    if (sleeping_) came_.notify_one();
}

std::optional<std::string> SqliteJournal::trouble() {
    if (durability_.failing()) {
        const std::lock_guard lock(mutex_);
        return fmt::format("the ledger cannot be written: {}", failure_);
    }
    const auto unwritten = unwritten_.load();
    if (unwritten < k_unwritten_max) return std::nullopt;
    return fmt::format("{}: the disk is too slow: {} operations wait to be written",
                       database_->path(), unwritten);
}

bool SqliteJournal::flush(milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto last = last_;
    came_.notify_all();
    return written_.wait_for(lock, limit, [&] { return durability_.written() >= last; });
}

void SqliteJournal::run() {
    std::deque<Entry> entries;
    std::uint64_t last = 0;
    while (take(entries, last)) {
        if (!write(entries, last)) return;
        if (!durability_.failing()) thinning_.look(Clock::now());
    }
}

// Waits for something to do. False: there is nothing left, and nothing will come.
bool SqliteJournal::take(std::deque<Entry>& entries, std::uint64_t& last) {
    std::unique_lock lock(mutex_);
    const bool again = pause_ > milliseconds(0);  // the batch has what could not be written
    sleeping_ = true;
    if (again && stopping_) {
        came_.wait_for(lock, pause_);
    } else if (again) {
        came_.wait_for(lock, pause_, [&] { return stopping_; });
    } else {
        came_.wait_until(lock, std::min(thinning_.due(), place_.due()),
                         [&] { return stopping_ || !entries_.empty(); });
    }
    sleeping_ = false;
    if (entries_.empty() && !again) return !stopping_;
    entries.swap(entries_);
    last = last_;
    return true;
}

// False: it cannot be written, and the host ends.
bool SqliteJournal::write(std::deque<Entry>& entries, std::uint64_t last) {
    const bool again = pause_ > milliseconds(0);
    if (auto there = place_.check(Clock::now()); !there) {
        fold(entries);
        return failed(there.error());
    }
    if (entries.empty() && !again) return true;
    fold(entries);
    const auto done = commit();
    if (!done) return failed(done.error());
    written(last);
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

Result<void> SqliteJournal::commit() {
    auto done = database_->run("BEGIN IMMEDIATE");
    if (!done) return done;
    done = batch_.write(statements_);
    if (done) done = database_->run("COMMIT");
    // An error may have ended the transaction already: then there is nothing to roll back.
    if (!done) (void)database_->run("ROLLBACK");
    return done;
}

void SqliteJournal::written(std::uint64_t last) {
    batch_.clear();
    pause_ = milliseconds(0);
    if (durability_.failing()) {
        observe::warn("ledger: {} can be written again; nothing was lost", database_->path());
    }
    {
        const std::lock_guard lock(mutex_);
        unwritten_ = entries_.size();
    }
    durability_.advance(last);
    {
        const std::lock_guard lock(mutex_);  // a flush is before its look, or waits
    }
    written_.notify_all();
}

// False: the host ends, and cannot wait any longer.
bool SqliteJournal::failed(const Error& error) {
    pause_ = std::clamp(pause_ * 2, k_pause_least, k_pause_most);
    {
        const std::lock_guard lock(mutex_);
        failure_ = error.message;
    }
    if (!durability_.failing()) {
        observe::error("ledger: {}; no new call is counted until it can be written again",
                       error.message);
    }
    durability_.fail();
    const std::lock_guard lock(mutex_);
    if (!stopping_) return true;
    pause_ = std::min(pause_, milliseconds(200));
    if (Clock::now() < give_up_) return true;
    observe::error(
        "ledger: {}: {} operations were not written; calls that they end will be "
        "settled at their estimates",
        error.message, unwritten_.load());
    return false;
}

}  // namespace bw::ledger
