// Where budgets, limits and usage are kept. A call claims what it may use of several counters at
// once, in one hold: all of it or nothing. Later the hold is settled, exactly once, to what was
// used. What a counter means is the caller's affair; a store adds, compares and remembers.
//
// The invariant, for every budget that refuses, at every moment and on every store:
//     used + held <= limit + debt
// where debt is by how much settlements have exceeded their holds: a settlement is never refused.
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

namespace bw::ledger {

using calendar::Window;

enum class Measure : std::uint8_t {
    budget,      // used and held together stay within `limit` in a window
    rate,        // `limit` units in `period_us`, at most `burst` at once, by GCRA
    concurrency  // held stays within `limit`; nothing is ever used
};

// One of what a rule counts: the rule's name, and whom this counter is for ("" where the rule has a
// single one).
struct CounterName {
    std::string rule;
    std::string value;

    bool operator==(const CounterName&) const = default;
};

// What a call asks of one counter.
struct Claim {
    Measure measure = Measure::budget;
    CounterName counter;
    std::int64_t amount = 0;     // at least 0; units as the rule counts them
    std::int64_t limit = 0;      // at least 0
    bool refuses = true;         // false: counted, whatever it comes to
    Window window;               // of a budget
    std::int64_t period_us = 0;  // of a rate: above 0
    std::int64_t burst = 0;      // of a rate: at least 1
};

// Of a store: values that a client names (users) become counters, and must not fill the memory.
inline constexpr std::size_t k_counters_max = 1'000'000;

// How a counter stands after an operation.
struct Standing {
    std::int64_t used = 0;     // settled in this window; a rate has none
    std::int64_t held = 0;     // by calls in flight; a rate has none
    std::int64_t left = 0;     // what another call may claim now; below 0: debt
    std::int64_t wait_us = 0;  // of a rate that refused: until the claim fits; -1: it never will
    std::int64_t full_us = 0;  // of a rate: until the whole burst is there again
    Window window;             // of a budget: the one it was counted in
};

// Unique among all hosts that share a store.
struct HoldId {
    std::uint64_t host = 0;
    std::uint64_t number = 0;

    bool operator==(const HoldId&) const = default;
};

struct Hold {
    HoldId id;
    std::vector<Claim> claims;  // may be empty: then only its usage is recorded
    UsageRow estimate;          // what is recorded if nobody lives to settle it
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
    unavailable,  // the store cannot say: `reason` tells why
    full          // the store knows, and has no room for a counter that is new: so `reason` says
};

struct Verdict {
    HoldAnswer answer = HoldAnswer::held;
    std::size_t refused_by = 0;       // which claim, if refused: the first that does not fit
    std::vector<Standing> standings;  // in the order of the claims; of what was refused, too
    std::string reason;
};

// Of a hold.
enum class Written : std::uint8_t {
    yes,      // a crash of this process cannot lose it
    not_yet,  // it will be, by itself
    cannot    // for now; it is tried again
};

// A store as one worker sees it: used, and calling back, on that worker's loop only. Callbacks that
// are still to come when the session is destroyed are dropped.
class LedgerSession {
  public:
    virtual ~LedgerSession() = default;

    using OnVerdict = std::move_only_function<void(Verdict)>;
    using OnDurable = std::move_only_function<void(bool durable)>;

    virtual HoldId next_id() = 0;
    // Microseconds since 1970 by the store's clock, which all its hosts share.
    virtual std::int64_t now_us() const = 0;
    // May call back from inside.
    virtual void hold(Hold hold, OnVerdict on_verdict) = 0;
    // Of a hold that was given. By default it was written when it was.
    virtual Written written(const HoldId&) const { return Written::yes; }
    // For an answer that waits for it: hastens the writing of the hold, and calls back once it is
    // written: from inside, if that is so already. Or, never from inside, with false, once the
    // store has seen that it cannot write it for now: the hold is kept and settled all the same,
    // and can be asked for again. Only for holds that were given and not yet settled.
    virtual void when_durable(const HoldId& id, OnDurable on_durable) = 0;
    // Never refused, never waits; of a hold that is settled already nothing happens.
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

// Microseconds since 1970, from `since` to before `until`.
struct TimeSpan {
    std::int64_t since_us = 0;
    std::int64_t until_us = INT64_MAX;
};

// How a store fares, for the metrics.
struct Health {
    bool available = true;     // false: as far as is known, no hold can be given now
    std::uint64_t losses = 0;  // how often it was found without what it had
};

class Store {
  public:
    virtual ~Store() = default;

    virtual std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) = 0;

    // Reports, from any thread; each as of one moment. Budgets of windows that are over are left
    // out unless calls of theirs are in flight.
    virtual Result<std::vector<StoredCounter>> counters() = 0;
    virtual Result<void> each_usage(TimeSpan span,
                                    const std::function<void(const UsageRow&)>& row) = 0;
    // Sets what the rule's counters have used to 0, in the windows that are open now; what is held
    // stays held. Gives how many counters there were.
    virtual Result<std::size_t> reset(std::string_view rule) = 0;

    // Waits until all that was settled is written, at most `limit_ms`. False: something is not.
    virtual bool flush(std::int64_t limit_ms) = 0;

    // Any thread; waits for nothing.
    virtual Health health() const { return {}; }
};

}  // namespace bw::ledger
