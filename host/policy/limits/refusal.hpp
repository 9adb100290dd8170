// Why a call was refused by a budget or limit, in words for the client. Pure.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "policy/limits/rules.hpp"

namespace bw::policy {

// Why a claim was refused. 429 in either case; a budget's says not to try again.
Error refusal_of(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us);

// What an upstream said of its own limits leaves no room for a call, and it will not wait so long.
Error upstream_refusal(std::string_view provider, std::string_view model, std::int64_t wait_us);

}  // namespace bw::policy
