// What to make of an upstream that says only how many tokens a call took in all. Pure.
#pragma once

#include "base/call.hpp"
#include "base/usage.hpp"

namespace bw::policy {

// The prompt is what it is estimated at, and the answer is the rest; or, of a sum that leaves
// nothing for it, the answer is what was seen, `seen` tokens, and the prompt the rest. Nothing
// changes where either was told, and where too little is left for the prompt: such a sum says
// nothing.
void divide_total(Usage& usage, const Call& call, std::int64_t seen);

}  // namespace bw::policy
