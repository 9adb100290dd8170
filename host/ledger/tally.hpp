// One counter in one window, and the table that finds the present one of each counter.
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

namespace bw::ledger {

std::size_t counter_hash(Measure measure, const CounterName& name);

// What is const may be read by any thread, the rest under the book's mutex only.
struct Tally {
    const std::uint64_t number;  // unique in its book, for good
    const Measure measure;
    const CounterName name;
    const std::size_t hash;

    Window window;            // of a budget
    std::int64_t used = 0;    // of a budget
    Wide held = 0;            // of a budget or a concurrency; a sum that no clamp may bend
    RateState rate;           // of a rate
    std::uint32_t calls = 0;  // in flight that have claimed of it
    bool current = true;      // false: out of the table, kept by calls in flight
    bool journaled = false;   // the journal knows it as it stands, but for what changes in a hold
    std::int64_t idle_since_us = 0;  // 0: not seen idle since it was used last
};

using TallyPointer = std::shared_ptr<Tally>;

// A window that is over by this clock. One that never ends is not.
bool is_over(const Window& window, std::int64_t now_us);

struct Times {
    std::int64_t now_us = 0;
    std::int64_t rate_ns = 0;  // of rates, which never goes back
};

class TallyTable {
  public:
    // Null: none is known.
    TallyPointer find(const Claim& claim, std::size_t hash) const;
    void insert(TallyPointer tally);
    void erase(const TallyPointer& tally);

    // Looks at a few of them and takes out, and gives, those that have been idle for long: a budget
    // whose window is over, a rate that is complete, a concurrency that nobody holds. So values
    // that come and go (users) don't fill memory, and no operation takes longer than others.
    std::vector<TallyPointer> sweep(std::size_t buckets, const Times& times);

    // As sweep, but takes out whatever can go without any count being lost, however short a time it
    // has been idle: also budgets that nothing was used of.
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

}  // namespace bw::ledger
