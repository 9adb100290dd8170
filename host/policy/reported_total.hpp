// What to make of an upstream that says only how many tokens a call took in all. Pure.
#pragma once

#include "base/call.hpp"
#include "base/usage.hpp"

namespace bw::policy {

// The prompt is what it is estimated at, and the answer is the rest. Nothing changes where either
// was told, and where nothing is left for an answer: such a sum says nothing.
void divide_total(Usage& usage, const Call& call);

}  // namespace bw::policy
