// Makes the errors that tell a client why a budget or a limit refused its call. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "policy/limits/rules.hpp"

namespace bellwether::policy {

// The error for a claim that the ledger has refused. Its status is always 429; if a budget refused
// the claim, the client is also told not to try again.
Error refusal_of(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us);

// The error for a call that cannot wait until the upstream's own rate limit has room for it.
// `wait_us` is how long that would take.
Error upstream_refusal(std::string_view provider, std::string_view model, std::int64_t wait_us);

}  // namespace bellwether::policy
