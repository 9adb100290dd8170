// Divides a usage of which the upstream reported only the total. Pure.
#pragma once

#include "base/call.hpp"
#include "base/usage.hpp"

namespace bellwether::policy {

// The prompt gets what it is estimated at, and the answer gets the rest. If nothing would be left
// for the answer, it gets what was seen of it (`seen` tokens), and the prompt the rest. An
// embedding is all prompt. Nothing changes if the prompt or the answer was reported, or if too
// little would be left for the prompt: such a total says nothing.
void divide_total(Usage& usage, const Call& call, std::int64_t seen);

}  // namespace bellwether::policy
