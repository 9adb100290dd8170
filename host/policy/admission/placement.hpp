// Decides what happens to a call that asks to be admitted: it holds claims, waits in a queue
// (queues.hpp) or is refused. Pure, except that the rules remember their windows: all that it needs
// is given, so that it is tested without a ledger, a loop or a clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "policy/limits/rules.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

// The call that asks to be admitted, and the time.
struct PendingCall {
    Facts facts;                     // without the provider
    std::string_view invalid_limit;  // AskedInBody::invalid_limit
    std::string_view queue;          // in which it waits; empty: none, it is a newcomer
    std::chrono::steady_clock::time_point started;
    std::chrono::steady_clock::time_point deadline;  // it waits no longer than until then
    std::chrono::steady_clock::time_point now;
    std::int64_t now_us = 0;  // by the ledger's clock
};

// The targets that a call may be sent to.
struct Offer {
    std::vector<Prospect> prospects;  // the first is tried first
    // Those that are tried only after a failure of a certain kind. They are held for as well, as
    // far as there is room for them.
    std::vector<Prospect> chained;
    std::vector<Prospect> on_budget;  // instead of `prospects`, if a budget refuses these
    bool hedged = false;              // two targets may be asked at once, and both are held for
};

// What is known of the room at one upstream.
struct Space {
    std::chrono::steady_clock::duration wait{0};  // until it has room for the call
    std::size_t ahead = 0;                        // other calls that wait in its queue

    bool is_free() const { return ahead == 0 && wait.count() == 0; }
};

// What a placement needs to know: the rules, the providers, and how much room there is.
struct Room {
    Rules* rules = nullptr;  // null: nothing is counted
    std::span<const config::Provider> providers;
    std::function<Space(const Prospect&)> upstream;
    std::function<std::size_t(const std::string& queue)> waiting;  // how many calls wait in a queue
};

struct HoldClaims {
    std::vector<Asked> asked;
    std::optional<std::size_t> passed_over;  // the first provider, if it has no room
};

struct WaitInQueue {
    std::string queue;
    std::string limit;                            // the name of the limit whose queue it is
    std::size_t length = 0;                       // how many calls may wait there
    std::chrono::steady_clock::time_point until;  // then the call is refused
    std::int64_t wait_us = 0;                     // until its first turn
    std::variant<Asked, route::Candidate> wants;  // the claim or the upstream it waits for
};

struct Refuse {
    Error error;
    std::optional<Asked> asked;           // the only claim that the reply's headers show
    std::optional<std::size_t> provider;  // whose upstream had no room
    std::int64_t wait_us = 0;             // until the claim may fit
};

using Placement = std::variant<HoldClaims, WaitInQueue, Refuse>;

// Places a call. Removes prospects where a limit's queue is in its way, if others are left, and
// puts those without room last.
Placement place(const PendingCall& who, Offer& offer, const Room& room);
// The same for a call whose claim `asked` the ledger has just refused. It first asks for less: no
// second target at once, then no chains, then only the prospects that the claim does not count, and
// then those for a spent budget.
Placement place_refused(const PendingCall& who, Offer& offer, const Room& room, const Asked& asked,
                        const ledger::Standing& standing);

// Refuses a call that waited too long in the queue of its claim, or finds it full. `before`: how
// many calls wait there.
Refuse refuse_in_queue(const Asked& asked, std::size_t before, std::int64_t now_us);
// Refuses a call because its upstream has no room and it may not wait, or has waited too long.
Refuse refuse_for_room(const route::Candidate& candidate, const Room& room,
                       std::chrono::steady_clock::duration wait);

// The name of the queue for a limit's counter.
std::string queue_of(const ledger::Claim& claim);
// The name of the queue for an upstream's own limit at this model. It outlives the configuration,
// in which the provider has its place.
std::string queue_of(const config::Provider& provider, std::string_view model);
// Whether the limit behind the claim lets calls wait.
bool may_wait(const Asked& asked);

}  // namespace bellwether::policy
