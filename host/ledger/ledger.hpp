// The ledger keeps the counters of budgets and limits, and the usage of each call. A call claims
// the most that it may use from several counters at once, in one hold: it gets all of them or none.
// Later the hold is settled, exactly once, to what was used. A store only adds, compares and
// remembers; what a counter means is known to the caller (`policy`).
//
// The invariant, for every budget that refuses, at every moment and on every store:
//     used + held <= limit + debt
// A settlement is never refused: debt is the amount by which settlements have exceeded their holds.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "calendar/period.hpp"
#include "ledger/usage_row.hpp"

namespace bellwether::ledger {

using calendar::Window;

enum class Measure : std::uint8_t {
    budget,      // used and held together stay within `limit` in a window
    rate,        // `limit` units in `period_us`, at most `burst` at once, by GCRA
    concurrency  // held stays within `limit`; nothing is ever used
};

// The name of a counter: the rule's name, and the value that this counter of the rule is for, such
// as a user's name. The value is "" if the rule has a single counter.
struct CounterName {
    std::string rule;
    std::string value;

    bool operator==(const CounterName&) const = default;
};

// What a call asks from one counter.
struct Claim {
    Measure measure = Measure::budget;
    CounterName counter;
    std::int64_t amount = 0;     // at least 0; units as the rule counts them
    std::int64_t limit = 0;      // at least 0
    bool refuses = true;         // false: the claim is counted even if it exceeds the limit
    Window window;               // of a budget
    std::int64_t period_us = 0;  // of a rate: above 0
    std::int64_t burst = 0;      // of a rate: at least 1
};

// How many counters a store has at most. There is one for each value that a client names (a user,
// for one), and clients must not be able to fill the memory.
inline constexpr std::size_t k_counters_max = 1'000'000;

// How a counter stands after an operation.
struct Standing {
    std::int64_t used = 0;     // settled in this window; always 0 for a rate
    std::int64_t held = 0;     // by calls in flight; always 0 for a rate
    std::int64_t left = 0;     // what another call may claim now; below 0: debt
    std::int64_t wait_us = 0;  // for a rate that refused: until the claim fits; -1: it never will
    std::int64_t full_us = 0;  // for a rate: until the whole burst is there again
    Window window;             // for a budget: the window that the claim was counted in
};

// The number of a hold, unique among all hosts that share a store.
struct HoldId {
    std::uint64_t host = 0;
    std::uint64_t number = 0;

    bool operator==(const HoldId&) const = default;
};

struct Hold {
    HoldId id;
    std::vector<Claim> claims;  // may be empty: then the hold is only there to record usage
    UsageRow estimate;          // the usage that is recorded if the host dies before it settles
};

struct Settlement {
    HoldId id;
    std::vector<std::int64_t> amounts;  // what was used, in the order of the claims; 0: nothing
    UsageRow usage;
    bool recorded = true;  // false: the call came to nothing, and no row is written
};

enum class HoldAnswer : std::uint8_t {
    held,
    refused,
    unavailable,  // the store cannot decide now; `reason` tells why
    full          // the store has no room for a new counter; `reason` tells how many it has
};

struct Verdict {
    HoldAnswer answer = HoldAnswer::held;
    std::size_t refused_by = 0;       // if refused: the index of the first claim that does not fit
    std::vector<Standing> standings;  // in the order of the claims; also if the hold was refused
    std::string reason;
};

// Whether a store has written a hold where it is safe.
enum class Written : std::uint8_t {
    yes,      // a crash of this process cannot lose the hold
    not_yet,  // the store will write it soon, without being asked
    cannot    // the store cannot write now, and will try again
};

// `LedgerSession` is a store as one worker uses it. It is called, and calls back, on that worker's
// loop only. When a session is destroyed, its callbacks that have not run yet are dropped.
class LedgerSession {
  public:
    virtual ~LedgerSession() = default;

    using OnVerdict = std::move_only_function<void(Verdict)>;
    using OnDurable = std::move_only_function<void(bool durable)>;

    virtual HoldId next_id() = 0;
    // Microseconds since 1970 by the store's clock, which all its hosts share.
    virtual std::int64_t now_us() const = 0;
    // Asks for a hold. May call back from inside, before it returns.
    virtual void hold(Hold hold, OnVerdict on_verdict) = 0;
    // Whether a hold that was given is written. By default it is: only the SQLite store writes it
    // later than it gives it.
    virtual Written written(const HoldId&) const { return Written::yes; }
    // For an answer that must not go out before its hold is written. Makes the store write the hold
    // at once, and calls back with true when it is written; from inside if it is already. Calls
    // back with false, never from inside, if the store finds that it cannot write now: the hold
    // stays valid, will be settled like any other, and may be asked for again. Only for holds that
    // were given and are not settled yet.
    virtual void when_durable(const HoldId& id, OnDurable on_durable) = 0;
    // A settlement is never refused and never waits. For a hold that is settled already it does
    // nothing.
    virtual void settle(Settlement settlement) = 0;
};

// A counter as reports show it.
struct StoredCounter {
    CounterName name;
    Measure measure = Measure::budget;
    Window window;
    std::int64_t used = 0;
    std::int64_t held = 0;
};

// A span of time for reports, in microseconds since 1970: `since_us` belongs to it, `until_us` does
// not.
struct TimeSpan {
    std::int64_t since_us = 0;
    std::int64_t until_us = INT64_MAX;
};

// How a store fares, for the metrics.
struct StoreHealth {
    bool available = true;     // false: as far as the host knows, no hold can be given now
    std::uint64_t losses = 0;  // how often the store was found to have lost its contents
};

class MovableStore;

// `Store` is one ledger, and makes a session for each worker. Its other functions are for reports
// and operators: any thread may call them, and they may block.
class Store {
  public:
    virtual ~Store() = default;

    virtual std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) = 0;

    // Each report shows one moment. A budget whose window is over is left out, unless calls that
    // claimed from it are still in flight.
    virtual Result<std::vector<StoredCounter>> counters() = 0;
    virtual Result<void> each_usage(TimeSpan span,
                                    const std::function<void(const UsageRow&)>& row) = 0;
    // Sets `used` to 0 in all counters of the rule whose windows are open now; what is held stays
    // held. Returns how many counters these were.
    virtual Result<std::size_t> reset(std::string_view rule) = 0;

    // Waits, at most `limit_ms`, until all settlements so far are written. Returns false if some
    // are not written by then.
    virtual bool flush(std::int64_t limit_ms) = 0;

    // Null: the store cannot go over to another process, or needs not.
    virtual MovableStore* movable() { return nullptr; }

    // Returns at once.
    virtual StoreHealth health() const { return {}; }
};

}  // namespace bellwether::ledger
