// Decides what happens to a chunk of a try, and what follows a try that failed. Both depend on
// whether content has gone to the client. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "policy/upstreams/retry_budget.hpp"

namespace bellwether::policy {

// Whether content has gone to the client.
enum class Commitment : std::uint8_t {
    none,
    committed,    // from now on no other target can be tried
    continuable,  // only one that goes on with the answer that was begun
};

enum class ChunkStep : std::uint8_t {
    hold_back,  // another target may still answer
    commit,     // what was held back goes out, and then this chunk
    relay,
};

// `held_bytes`: the size of all chunks that have come so far, this one included.
ChunkStep step_of_chunk(Commitment commitment, bool has_content, std::size_t held_bytes);

// A try that has failed, and where its call stands.
struct FailedTry {
    Commitment commitment = Commitment::none;
    std::string_view code = {};
    bool is_late = false;       // the client's own deadline has passed
    bool asked_again = false;   // the target had a second try without what its upstream refused
    unsigned attempts = 1;      // of the call so far, at all its targets
    unsigned attempts_max = 1;  // of which this may be the last one
    Clock::duration left{0};    // within which another try may begin
    Repeats repeats = Repeats::allowed;
};

// A place where the call could be tried next.
struct NextTry {
    std::size_t target = 0;    // index among the targets of the call
    bool repeats = false;      // the call was tried there before
    bool failing = false;      // the target fails other calls as well
    bool last_resort = false;  // its credential has been refused, and is set aside
    bool continues = false;    // it can go on with an answer that was begun elsewhere
    bool other_key = false;    // where only the credential was refused, with another one
    Clock::duration wait{0};   // until it may be tried

    // Whether the try counts in the retry budget. A target that can be tried at once and is not
    // known to fail always may: that some other one fails must not keep a call from it.
    bool is_budgeted() const { return repeats || failing || wait.count() > 0; }
    bool operator==(const NextTry&) const = default;
};

// The same target is tried again at once, without what its upstream has refused.
struct AskAgain {
    bool operator==(const AskAgain&) const = default;
};

// No more tries. The order is from the reason that says least to the one that says most.
enum class GiveUp : std::uint8_t {
    nobody_else,     // no target could do better
    no_time,         // the next try would begin too late
    attempts_spent,  // the call was tried as often as it may be
    budget_spent,    // too many calls of the process are repeated already
    late,            // the client's deadline has passed
};

using NextStep = std::variant<AskAgain, NextTry, GiveUp>;

// `open`: where the call may be tried next. The one that can be tried soonest is taken; of several,
// one where the call has not been, and of these the first. A target that fails other calls, or
// whose credential is set aside, is taken only if the others are two seconds later.
NextStep step_after_failure(const FailedTry& failed, std::span<const NextTry> open);

// The error code of an upstream that could not show that it is the one that was meant, or that
// speaks no TLS. Neither passes by itself.
inline constexpr std::string_view k_tls_error = "upstream_tls_error";

// Whether another target may succeed after an error of this kind. False for an error that a
// different provider would give as well, and for a call that was cancelled.
bool may_fall_back(ErrorKind kind);

// Whether the same target may succeed a little later after this error.
bool may_pass(const Error& error);

}  // namespace bellwether::policy
