// Decides what an attempt has used, from what the provider reported, what was seen of the answer,
// and how it ended. Where nobody has a figure, the most that it may have been counts: unknown is
// never free. Pure.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "base/usage.hpp"
#include "plugin/reach.hpp"
#include "policy/estimate/estimate.hpp"

namespace bellwether::policy {

// What is known of an attempt's answer. Tokens are as tokens.hpp counts them.
struct AnswerSeen {
    Usage reported;                // the largest of each figure that the provider gave
    bool reported_last = false;    // it came with or after the last generated text
    std::int64_t seen = 0;         // tokens of the generated text
    std::int64_t text_bytes = 0;   // of that text
    std::int64_t pieces = 0;       // in which that text came
    bool thoughts = false;         // some of that text is reasoning
    bool last_word = false;        // all choices have their finish_reason
    std::uint64_t body_bytes = 0;  // of the answer
};

// How an attempt ended, as far as that decides what it may have used.
enum class Ending {
    nothing,   // it was not sent, or the upstream refused it or never answered: no work was done,
               // unless an earlier exchange has told of some before the refusal
    complete,  // the answer came to its end
    upstream_error,  // the upstream said within an answer that it failed
    invalid,         // the answer made no sense, and so the host ended it
    cut,             // the upstream, or a limit of the host, ended the answer early
    client_gone,     // the client ended the answer early
};

Ending ending_of(const Result<void>& result, plugin::Reach reach);

// Whether a model shows all that it generates.
enum class Shows { unknown, all, not_all };

// Whether the provider's report was believed. The order after `none` is that of
// observe::k_usage_doubts.
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
Reckoned reckon(const Bound& bound, const AnswerSeen& heard, Ending ending, Shows shows,
                bool thinks);

// True if a report of so many output tokens is too small for the text that was seen.
bool is_too_little(const AnswerSeen& heard, std::int64_t output_tokens);

// True if a stream has run so far beyond its hold that it is to be stopped.
bool is_past_hold(const Bound& bound, const AnswerSeen& heard);

}  // namespace bellwether::policy
