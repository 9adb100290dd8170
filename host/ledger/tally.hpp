// `Tally` is one counter in one window. `TallyTable` finds the tally of a counter's present window.
// Both belong to a `Book`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ledger/amount.hpp"
#include "ledger/gcra.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

std::size_t counter_hash(Measure measure, const CounterName& name);

// What the journal has of a tally.
enum class Journaled { none, earlier_window, as_it_is };

// Any thread may read the const members; the others need the book's mutex.
struct Tally {
    const std::uint64_t number;  // unique in its book, and never used again
    const Measure measure;
    const CounterName name;
    const std::size_t hash;

    Window window;            // of a budget
    std::int64_t used = 0;    // of a budget
    Wide held = 0;            // of a budget or a concurrency; wide, as a clamped sum would go wrong
    RateState rate;           // of a rate
    std::uint32_t calls = 0;  // how many calls in flight have claimed from it
    bool current = true;      // false: not in the table any more, only calls in flight have it
    Journaled journaled = Journaled::none;
    std::int64_t idle_since_us = 0;  // when it was first seen idle; 0: not seen idle
};

using TallyPointer = std::shared_ptr<Tally>;

// Whether the window has ended. One that never ends has not.
bool is_over(const Window& window, std::int64_t now_us);

struct Times {
    std::int64_t now_us = 0;   // by the clock, which may be set back
    std::int64_t rate_ns = 0;  // for rates; never goes back
};

class TallyTable {
  public:
    // Returns null if the counter has no tally yet.
    TallyPointer find(const Claim& claim, std::size_t hash) const;
    void insert(TallyPointer tally);
    void erase(const TallyPointer& tally);

    // Visits the next `buckets` of the table, and removes and returns the tallies that have been
    // idle for long. A budget is idle if its window is over, a rate if its burst is complete, a
    // concurrency if nothing is held. So values that come and go (users) do not fill the memory,
    // and no operation takes much longer than another.
    std::vector<TallyPointer> sweep(std::size_t buckets, const Times& times);

    // Like `sweep`, but removes every tally that counts nothing, no matter how long it has been
    // idle. A budget counts nothing also if its window is open and nothing was used or is held.
    std::vector<TallyPointer> make_room(std::size_t buckets, const Times& times);

    std::size_t size() const { return tallies_.size(); }
    auto begin() const { return tallies_.begin(); }
    auto end() const { return tallies_.end(); }

  private:
    template <typename Condition>
    std::vector<TallyPointer> take_out(std::size_t buckets, Condition can_go);

    struct TallyKey {
        Measure measure;
        const CounterName& name;
        std::size_t hash;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const TallyKey& key) const { return key.hash; }
        std::size_t operator()(const TallyPointer& tally) const { return tally->hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const TallyPointer& left, const TallyPointer& right) const {
            return left == right;
        }
        bool operator()(const TallyKey& key, const TallyPointer& tally) const {
            return key.hash == tally->hash && key.measure == tally->measure &&
                   key.name == tally->name;
        }
        bool operator()(const TallyPointer& tally, const TallyKey& key) const {
            return (*this)(key, tally);
        }
    };

    std::unordered_set<TallyPointer, Hash, Equal> tallies_;
    std::size_t next_bucket_ = 0;
};

}  // namespace bellwether::ledger
