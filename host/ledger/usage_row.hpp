// One call as it is kept for reports and bills.
#pragma once

#include <cstdint>
#include <string>

#include "base/usage.hpp"

namespace bw::ledger {

struct UsageRow {
    std::int64_t time_us = 0;  // when the call began: microseconds since 1970
    std::string request_id;
    std::string key;   // the client key's public id; empty: none was asked for
    std::string user;  // as the client named it; empty: it did not
    std::string team;
    std::string route;
    std::string model;           // as the client named it
    std::string provider;        // who answered
    std::string upstream_model;  // as the provider calls it
    Usage usage;
    std::int64_t cost_micro_usd = -1;       // -1: not known
    std::int64_t list_cost_micro_usd = -1;  // at the list price elsewhere; -1: not known
    std::int64_t duration_us = -1;
    std::int64_t first_token_us = -1;  // from the call's start; -1: there was none
    int status = 0;                    // as the client saw it; 0: lost with the host
    std::string error;                 // its code; empty: none
};

}  // namespace bw::ledger
