// A rate by the generic cell rate algorithm (GCRA): its whole state is the time at which the burst
// is complete again. Every unit that is taken moves that time on by period / limit. A claim fits if
// the time is then not later than now plus the time that a whole burst is worth. Pure functions:
// the caller gives the time, in nanoseconds, so that rounding errors stay small.
#pragma once

#include <cstdint>

#include "ledger/ledger.hpp"

namespace bellwether::ledger {

struct RateState {
    std::int64_t full_ns = 0;  // since 1970; in the past: the burst is complete
    // `limit` and `period_us` are those of the last claim. If the rule is edited, `adopt` finds by
    // them how many units the rate is still owed, and keeps that number.
    std::int64_t limit = 0;
    std::int64_t period_us = 0;
};

// How long the rate needs to give that many units back; some 70 years at most.
std::int64_t worth_ns(const Claim& claim, std::int64_t units);

bool fits(const RateState& rate, const Claim& claim, std::int64_t now_ns);
void take(RateState& rate, const Claim& claim, std::int64_t now_ns);
// Corrects the rate by the difference between what the claim has taken and what was `used` in the
// end. If `used` is 0, the whole claim is given back.
void correct(RateState& rate, const Claim& claim, std::int64_t used);
// Takes over the claim's limit and period, which differ from the last ones if the rule was edited.
void adopt(RateState& rate, const Claim& claim, std::int64_t now_ns);

// How the rate stands. If the claim was `refused`, the standing also tells how long it must wait.
Standing standing(const RateState& rate, const Claim& claim, std::int64_t now_ns, bool refused);

}  // namespace bellwether::ledger
