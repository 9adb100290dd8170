// A rate by the generic cell rate algorithm: its whole state is the time at which the burst is
// complete again. Every unit moves that time on by period / limit; a claim fits while it stays
// within one burst of now. Pure: the time is given, in nanoseconds, so that rounding stays small.
#pragma once

#include <cstdint>

#include "ledger/ledger.hpp"

namespace bw::ledger {

struct RateState {
    std::int64_t full_ns = 0;  // since 1970; in the past: the burst is complete
    // As the last claim had them. A rule that was edited keeps the units that it is owed.
    std::int64_t limit = 0;
    std::int64_t period_us = 0;
};

// How long the rate needs for as many units; up to some 70 years.
std::int64_t worth_ns(const Claim& claim, std::int64_t units);

bool fits(const RateState& rate, const Claim& claim, std::int64_t now_ns);
void take(RateState& rate, const Claim& claim, std::int64_t now_ns);
// The claim was taken, but `used` is what it came to. 0 takes it back.
void correct(RateState& rate, const Claim& claim, std::int64_t used);
// The rule may have changed since the last claim.
void adopt(RateState& rate, const Claim& claim, std::int64_t now_ns);

// `refused`: whether to tell how long this claim must wait.
Standing standing(const RateState& rate, const Claim& claim, std::int64_t now_ns, bool refused);

}  // namespace bw::ledger
