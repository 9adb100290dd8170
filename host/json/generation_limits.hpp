// The members of a request that bound, or ask for, what a model generates, by whatever name
// (known_members.hpp).
#pragma once

#include <bellwether/json.hpp>

#include "base/call.hpp"
#include "json/known_members.hpp"

namespace bw::json {

// Takes one member of a request's body into `call`; one that says nothing of limits changes
// nothing. A limit is never lowered by a second one, so that it does not matter which of two an
// upstream obeys. What is there and is no whole number that makes sense becomes
// Call::unsound_limit.
void read_generation_limit(Call& call, const KnownMember& known, const Value& value);

}  // namespace bw::json
