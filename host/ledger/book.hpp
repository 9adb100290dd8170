// `Book` keeps the counters and holds of one process in memory. The memory store keeps nothing else
// of them; the SQLite store also writes them to its file, through a `Journal`. A book does no input
// or output and reads no clock: the caller gives the time. Any thread may call anything. One mutex
// is held for a fraction of a microsecond; what can be done outside of it is done there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/journal.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"
#include "ledger/tally.hpp"

namespace bellwether::ledger {

// A tally as an earlier process left it.
struct StoredTally {
    std::uint64_t number = 0;
    Measure measure = Measure::budget;
    CounterName name;
    Window window;
    std::int64_t used = 0;
    RateState rate;
};

class Book {
  public:
    // The journal, if any, outlives the book.
    explicit Book(Journal* journal = nullptr, std::size_t counters_max = k_counters_max)
        : journal_(journal), counters_max_(counters_max) {}
    Book(const Book&) = delete;
    Book& operator=(const Book&) = delete;

    Verdict hold(Hold hold, std::int64_t now_us);
    // Returns false if there is no such hold; then nothing has changed.
    bool settle(Settlement settlement, std::int64_t now_us);
    std::size_t reset(std::string_view rule, std::int64_t now_us);

    // The counters, sorted by rule, then by value. One whose window is over is left out, unless a
    // call that claimed from it is in flight.
    std::vector<StoredCounter> counters(std::int64_t now_us) const;
    // The sequence number that the journal gave to a hold; nothing if the hold is settled.
    std::optional<std::uint64_t> sequence(const HoldId& id) const;
    std::size_t calls_in_flight() const;
    std::size_t tallies() const;

    // The tallies that an earlier process would leave, without what is held: each as a journal
    // would have it.
    std::vector<StoredTally> stored() const;
    // Takes over such tallies; must be called before anything else. If a counter has several
    // windows, only the latest is kept, and the numbers of the other tallies are returned. All
    // counters are taken over, even if they are more than the maximum.
    std::vector<std::uint64_t> restore(const std::vector<StoredTally>& stored);
    // The holds that are not settled, with the windows that their claims are counted in; and the
    // same holds in the book of another process, which has restored the tallies: what they claim is
    // claimed there, whatever the limits. A rate's tally has it already. The journal is not told,
    // as its file has the holds.
    std::vector<Hold> holds() const;
    void adopt(std::vector<Hold> holds);

  private:
    Times times(std::int64_t now_us) REQUIRES(mutex_);
    bool has_room(const std::vector<Claim>& claims, const std::vector<std::size_t>& hashes,
                  const Times& times) REQUIRES(mutex_);
    TallyPointer present(const Claim& claim, std::size_t hash) REQUIRES(mutex_);
    TallyPointer create(const Claim& claim, std::size_t hash) REQUIRES(mutex_);
    TallyPointer in_window(TallyPointer tally, const Claim& claim) REQUIRES(mutex_);
    bool claim_all(HeldCall& call, const Times& times, Verdict& verdict) REQUIRES(mutex_);
    void enter(std::shared_ptr<HeldCall> call, std::vector<Mark> marks) REQUIRES(mutex_);
    void release(const HeldCall& call) REQUIRES(mutex_);
    void forget(const Tally& tally) REQUIRES(mutex_);
    void sweep(const Times& times) REQUIRES(mutex_);
    TallyPointer for_adopted(const Claim& claim) REQUIRES(mutex_);
    Mark mark(const TallyPointer& tally) const REQUIRES(mutex_);

    Journal* journal_;
    const std::size_t counters_max_;
    mutable Mutex mutex_;
    TallyTable tallies_ GUARDED_BY(mutex_);
    std::unordered_map<HoldId, std::shared_ptr<HeldCall>, HoldIdHash> calls_ GUARDED_BY(mutex_);
    std::uint64_t next_tally_ GUARDED_BY(mutex_) = 1;
    std::size_t created_ GUARDED_BY(mutex_) = 0;         // since the last sweep
    std::int64_t latest_us_ GUARDED_BY(mutex_) = 0;      // the rates' own time, which only rises
    std::int64_t rate_shift_us_ GUARDED_BY(mutex_) = 0;  // how far it is ahead of the clock
};

}  // namespace bellwether::ledger
