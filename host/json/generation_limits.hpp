// The members of a request that bound, or ask for, what a model generates: OpenAI's own names and
// those of other vendors, as services behind OpenAI's paths take them. The one table of such names.
#pragma once

#include <bellwether/json.hpp>

#include "base/call.hpp"

namespace bw::json {

// Takes one member of a request's body into `call`; one that says nothing of limits changes
// nothing. A limit is never lowered by a second one, so that it does not matter which of two an
// upstream obeys. What is there and is no whole number that makes sense becomes
// Call::unsound_limit. Case does not count: some upstreams ignore it.
void read_generation_limit(Call& call, const Member& member);

}  // namespace bw::json
