// What the file says of how calls are routed: the routes and their targets, the time limits of a
// try, when a failed try is followed by another, and when a target is taken out of service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/position.hpp"

namespace bellwether::config {

using std::chrono::milliseconds;

// What ends the silence that `Timeouts::idle` limits: any byte, such as the comments and blank
// lines that an upstream sends while a call is in its queue; or only the payload.
enum class Alive : std::uint8_t { bytes, payload };

// Limits on one attempt; zero: no limit.
struct Timeouts {
    milliseconds connect{5'000};           // name look-up, TCP and TLS
    milliseconds first_byte{60'000};       // from sending to the first byte of the reply's body
    milliseconds idle{60'000};             // silence within the body
    milliseconds total{600'000};           // the whole of a plain reply
    milliseconds stream_total{3'600'000};  // the whole of a streamed reply
    Alive alive = Alive::bytes;            // what ends the silence for `idle`

    bool operator==(const Timeouts&) const = default;
};

// One of the plugin's own keys, checked later against the plugin's manifest.
struct Option {
    std::string key;
    std::string json;  // the value as JSON; dates become strings
    Position at;
};

// How often a call is tried, and how long it waits between two tries.
struct Retry {
    std::uint32_t attempts = 5;    // of a call, at all its targets, the first one included
    milliseconds first{2'000};     // the longest first wait; it doubles with each failure there
    milliseconds longest{60'000};  // of the waits that the host chooses
    milliseconds within{600'000};  // no further try begins later than this

    bool operator==(const Retry&) const = default;
};

// How many tries may be repetitions, of all calls of the process together.
struct RetryBudget {
    std::uint32_t percent = 20;     // of the calls of the last ten seconds
    std::uint32_t per_second = 10;  // may be repeated however few calls there are

    bool operator==(const RetryBudget&) const = default;
};

// When a target is taken out of service, and for how long.
struct Health {
    std::uint32_t failures = 5;        // in a row; 0: they are not counted
    std::uint32_t error_percent = 50;  // of the tries within `window`; 0: it is not measured
    std::uint32_t calls_min = 20;      // as many tries `window` must have for that
    milliseconds window{30'000};
    milliseconds first{10'000};     // the first time out of service; it doubles each time
    milliseconds longest{300'000};  // of these times

    bool operator==(const Health&) const = default;
};

// One of the places to which a route may send a call.
struct Target {
    std::size_t provider = 0;  // index into Config::providers
    std::string model;         // upstream's name; empty: the name the client used
    std::uint32_t weight = 1;  // 0: only as a fallback
    std::uint32_t tier = 1;    // targets of a higher tier are tried after all those of a lower one
    std::string strip_prefix;  // is taken off the beginning of the name the client used
    std::vector<Option> set;   // members of the request that the client left out
    std::vector<std::string> drop;  // members that are taken out of the request
    // Those of its provider, and of its route, where the target has none of its own.
    Timeouts timeouts;
    Retry retry;
    Position at{};
};

// Which of the targets of a tier is tried first.
enum class Strategy : std::uint8_t {
    ordered,        // the first in the file
    weighted,       // by chance, each in proportion to its weight
    least_latency,  // of two taken by chance, the one whose first content comes sooner
    least_busy,     // the one with the fewest calls for its weight
    cheapest,       // the one where the call would cost least
    sticky,         // always the same one for the same caller, or for the same prompt
};

// What a sticky route looks at.
struct StickyBy {
    enum class Of : std::uint8_t { key, user, prompt, header };
    Of of = Of::prompt;
    std::string header;  // in lower case

    bool operator==(const StickyBy&) const = default;
};

// When a call that has no content yet is sent to a second target as well.
struct Hedge {
    milliseconds after{0};         // zero: `percentile` says when
    std::uint32_t percentile = 0;  // of the times that the target's first content took before

    bool operator==(const Hedge&) const = default;
};

// Where copies of a route's calls go whose answers nobody gets.
struct Shadow {
    Target to;
    std::uint32_t percent = 0;  // of the calls
};

// What becomes of a call whose client hangs up.
struct OnDisconnect {
    bool drains = false;      // false: it is cancelled
    milliseconds longest{0};  // how long the call may go on; zero: up to the provider's time-outs

    bool operator==(const OnDisconnect&) const = default;
};

struct Route {
    std::string model;        // exact name or glob (`*` any run, `?` one character)
    std::string alias;        // resolve this name instead; then `to` is empty
    bool is_default = false;  // it is made of `default_to`
    std::vector<Strategy> strategies{Strategy::ordered};  // one a tier; the last for all others
    StickyBy sticky_by;
    std::vector<Target> to;
    // Where a call goes that failed for one of these reasons at the targets above; or, if a budget
    // refuses it there, instead of them.
    std::vector<Target> on_context_length;
    std::vector<Target> on_content_filter;
    std::vector<Target> on_budget;
    std::optional<Hedge> hedge;
    std::optional<Shadow> shadow;
    bool continue_stream = false;  // a stream that breaks off goes on at the next target
    std::optional<OnDisconnect> on_disconnect;  // nothing: that of the server
    Position at;
    Position model_at{};
    Position alias_at{};
};

// For which failures alone a target is tried.
enum class Chain : std::uint8_t {
    none,  // it is one of the route's own targets
    context_length,
    content_filter,
    budget,
};

// Where the targets of a chain stand.
struct ChainTargets {
    Chain chain;
    std::string_view key;  // of a route in the file
    std::vector<Target> Route::*targets;
};

// The route's own targets, and then those of its chains.
inline constexpr ChainTargets k_chains[] = {
    {Chain::none, "to", &Route::to},
    {Chain::context_length, "on_context_length", &Route::on_context_length},
    {Chain::content_filter, "on_content_filter", &Route::on_content_filter},
    {Chain::budget, "on_budget", &Route::on_budget},
};

// Calls `visit` with each target that may answer a call of the route.
template <typename Visit>
void for_each_target(const Route& route, Visit visit) {
    for (const ChainTargets& chain : k_chains) {
        for (const Target& target : route.*chain.targets) visit(target);
    }
}

// What the target's provider calls the model that the client called `asked`.
constexpr std::string_view model_at(const Target& target, std::string_view asked) {
    if (!target.model.empty()) return target.model;
    const std::string_view prefix = target.strip_prefix;
    const bool strips = asked.size() > prefix.size() && asked.starts_with(prefix);
    return strips ? asked.substr(prefix.size()) : asked;
}

}  // namespace bellwether::config
