// Where a call goes that asks to be admitted: it holds these claims, waits in that line, or is
// refused with this error. Pure, but for the windows that the rules remember: what it goes by is
// given, so that it is tested without a ledger, a loop or a clock.
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

namespace bw::policy {

// Who asks, and when.
struct Applicant {
    Facts facts;                     // but for the provider
    std::string_view unsound_limit;  // Call::unsound_limit
    std::string_view line;           // in which it stands; empty: it is a newcomer
    std::chrono::steady_clock::time_point started;
    std::chrono::steady_clock::time_point deadline;  // of its client
    std::chrono::steady_clock::time_point now;
    std::int64_t now_us = 0;  // by the ledger's clock
};

// What is known of the room at one upstream.
struct Space {
    std::chrono::steady_clock::duration wait{0};  // until it has room for the call
    std::size_t ahead = 0;                        // others who stand in its line

    bool is_free() const { return ahead == 0 && wait.count() == 0; }
};

// What there is room for.
struct Room {
    Rules* rules = nullptr;  // null: nothing is counted
    std::span<const config::Provider> providers;
    std::function<Space(const Prospect&)> upstream;
    std::function<std::size_t(const std::string& line)> waiting;  // how many stand in a line
};

struct HoldClaims {
    std::vector<Asked> asked;
    std::optional<std::size_t> passed_over;  // the provider that came first and has no room
};

struct WaitInLine {
    std::string line;
    std::string limit;                            // whose line it is, by its name
    std::size_t length = 0;                       // how many may stand there
    std::chrono::steady_clock::time_point until;  // then the call is refused
    std::int64_t wait_us = 0;                     // until its first turn
    std::variant<Asked, route::Candidate> wants;  // the claim or the upstream it waits for
};

struct Refuse {
    Error error;
    std::optional<Asked> asked;           // the one claim that the reply's headers tell of
    std::optional<std::size_t> provider;  // whose upstream had no room
    std::int64_t wait_us = 0;             // until the claim may fit
};

using Placement = std::variant<HoldClaims, WaitInLine, Refuse>;

// Leaves out prospects that a limit's line stands before, and puts those without room last.
Placement place(const Applicant& who, std::vector<Prospect>& prospects, const Room& room);
// The same, of a call whose claim the ledger has just refused.
Placement place_refused(const Applicant& who, std::vector<Prospect>& prospects, const Room& room,
                        const Asked& asked, const ledger::Standing& standing);

// The line of the claim has no place, or took too long. `before`: how many stand there.
Refuse refuse_in_line(const Asked& asked, std::size_t before, std::int64_t now_us);
// The upstream has no room, and the call may not wait, or has waited for too long.
Refuse refuse_for_room(const route::Candidate& candidate, const Room& room,
                       std::chrono::steady_clock::duration wait);

// The name of the line for a limit's counter.
std::string line_of(const ledger::Claim& claim);
// The name of the line for an upstream's own limit.
std::string line_of(const route::Candidate& candidate);
// Whether the limit behind the claim lets calls wait.
bool may_wait(const Asked& asked);

}  // namespace bw::policy
