// What is left of the budgets and limits that count a call, for the head of its response. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ledger/ledger.hpp"
#include "policy/rules.hpp"

namespace bw::policy {

// Complete header lines: OpenAI's x-ratelimit-* for the tightest limit on requests and on tokens,
// and x-bellwether-budget for each budget that is not a shadow.
std::string standing_headers(std::span<const Asked> asked,
                             std::span<const ledger::Standing> standings);

// "6m0s", "1.5s", "20ms": as OpenAI writes the time until a limit is whole again.
std::string reset_text(std::int64_t us);

}  // namespace bw::policy
