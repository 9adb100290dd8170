// Reads those members of a request that limit how much a model generates, or ask for it, under all
// of their names (known_members.hpp).
#pragma once

#include "json/value.hpp"

#include "base/call.hpp"
#include "json/known_members.hpp"

namespace bellwether::json {

// Reads one member of a request's body into `asked`; a member that says nothing of limits changes
// nothing. A second limit never lowers the first one, so that it does not matter which of the two
// an upstream obeys. The name of a limit that is no usable whole number becomes
// `invalid_limit`.
void read_generation_limit(AskedInBody& asked, const KnownMember& known, const Value& value);

}  // namespace bellwether::json
