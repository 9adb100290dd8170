// What a client is told of the budgets and limits that count its call: why it was refused, and what
// is left. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "policy/rules.hpp"

namespace bw::policy {

// Why a claim was refused. 429 in either case; a budget's says not to try again.
Error refusal_of(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us);

// What an upstream said of its own limits leaves no room for a call, and it will not wait so long.
Error upstream_refusal(std::string_view provider, std::string_view model, std::int64_t wait_us);

// Complete header lines: OpenAI's x-ratelimit-* for the tightest limit on requests and on tokens,
// and x-bellwether-budget for each budget that is not a shadow.
std::string standing_headers(std::span<const Asked> asked,
                             std::span<const ledger::Standing> standings);

// "6m0s", "1.5s", "20ms": as OpenAI writes the time until a limit is whole again.
std::string reset_text(std::int64_t us);

}  // namespace bw::policy
