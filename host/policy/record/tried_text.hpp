// The attempts of a call before its last one, as the access log and the reply's headers show them.
#pragma once

#include <span>
#include <string>

#include "policy/attempts/failed_attempt.hpp"

namespace bellwether::policy {

// One entry for each attempt, in order: `provider/model;error=upstream_error;ms=12;wait_ms=1200`,
// separated by ", ". `ms`: how long it took; `wait_ms`: from its end to the next one's beginning,
// left out if that began at once. `hedged` stands at an attempt beside which another one ran.
// Printable ASCII alone; in names, other characters and those that separate become "?".
std::string tried_text(std::span<const FailedAttempt> failures);

}  // namespace bellwether::policy
