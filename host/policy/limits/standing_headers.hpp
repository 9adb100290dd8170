// Writes the header lines that tell a client what is left of the budgets and limits that count its
// call. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ledger/ledger.hpp"
#include "policy/limits/rules.hpp"

namespace bellwether::policy {

// The most budgets that one response tells of, however many count the call. A line has less than
// 200 bytes.
inline constexpr std::size_t k_budget_headers_max = 8;

// Complete header lines: OpenAI's x-ratelimit-* for the tightest limit on requests and on tokens,
// and x-bellwether-budget for the budgets with the smallest share of their limit left. Budgets in
// shadow mode are left out.
std::string standing_headers(std::span<const Asked> asked,
                             std::span<const ledger::Standing> standings);

// "6m0s", "1.5s", "20ms": as OpenAI writes the time until a limit is whole again.
std::string reset_text(std::int64_t us);

}  // namespace bellwether::policy
