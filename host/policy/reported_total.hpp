// What to make of an upstream that says only how many tokens a call took in all. Pure.
#pragma once

#include "base/call.hpp"
#include "base/usage.hpp"

namespace bw::policy {

// The prompt is what it is estimated at, and the answer is the rest. Where either was told nothing
// changes.
void divide_total(Usage& usage, const Call& call);

}  // namespace bw::policy
