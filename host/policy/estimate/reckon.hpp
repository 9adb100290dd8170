// What an attempt came to, from what the provider reported, what was seen of its answer, and how it
// ended. What nobody told counts at the most that it may have been: unknown is never free. Pure.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "base/usage.hpp"
#include "plugin/reach.hpp"
#include "policy/estimate/estimate.hpp"

namespace bw::policy {

// What is known of an attempt's answer. Tokens are as tokens.hpp counts them.
struct Heard {
    Usage reported;                // the largest of each figure that the provider gave
    bool reported_last = false;    // it was given with or after the last that was generated
    std::int64_t seen = 0;         // tokens of what was generated
    std::int64_t text_bytes = 0;   // of the same
    std::int64_t pieces = 0;       // in which it came
    bool thoughts = false;         // reasoning was among it
    bool last_word = false;        // all choices have said that they are finished
    std::uint64_t body_bytes = 0;  // of the answer
};

// How an attempt ended, as far as it decides what it may have taken.
enum class Ending {
    nothing,    // it was not sent, or the upstream refused it or never answered: no work was done
    complete,   // the answer came to its end
    told,       // the upstream said within an answer that it failed
    senseless,  // the answer made no sense, and so the host ended it
    cut,        // by the upstream or by a limit of the host's
    left,       // by the client
};

Ending ending_of(const Result<void>& result, plugin::Reach reach);

// Whether a model shows all that it generates.
enum class Shows { unknown, all, not_all };

// Whether what the provider reported was taken as it is: observe::k_usage_doubts behind `none`.
enum class Doubt {
    none,
    too_little,  // less than was seen, or than such a prompt can be
    too_much,    // more than such a call can come to
};

struct Reckoned {
    Usage usage;
    Doubt doubt = Doubt::none;
};

// `thinks`: the client asked for thinking.
Reckoned reckon(const Bound& bound, const Heard& heard, Ending ending, Shows shows, bool thinks);

// Whether a report of what was generated is less than what was seen can have been.
bool is_too_little(const Heard& heard, std::int64_t output_tokens);

// True of a stream that has left its hold so far behind that it is stopped.
bool is_past_hold(const Bound& bound, const Heard& heard);

}  // namespace bw::policy
