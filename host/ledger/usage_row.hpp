// `UsageRow` is one call as the ledger keeps it for reports and bills.
#pragma once

#include <cstdint>
#include <string>

#include "base/usage.hpp"

namespace bellwether::ledger {

struct UsageRow {
    std::int64_t time_us = 0;  // when the call began: microseconds since 1970
    std::string request_id;
    std::string key;   // the client key's public id; empty: the host asks for no key
    std::string user;  // as the client named it; empty: the client named none
    std::string team;
    std::string route;
    std::string model;           // as the client named it
    std::string provider;        // the provider that answered
    std::string upstream_model;  // as the provider calls the model
    Usage usage;
    std::int64_t cost_micro_usd = -1;       // -1: not known
    std::int64_t list_cost_micro_usd = -1;  // by list_input and list_output; -1: not known
    std::int64_t duration_us = -1;
    std::int64_t first_token_us = -1;  // from the call's start; -1: there was no token
    int status = 0;                    // as the client saw it; 0: the host died during the call
    std::string error;                 // the error's code; empty: there was no error
};

// The row of a call whose host died before it settled; `estimate` is what was held for it.
inline UsageRow lost_row(UsageRow estimate) {
    estimate.status = 0;
    estimate.usage.source = UsageSource::estimate;
    estimate.error = "host_lost";
    return estimate;
}

}  // namespace bellwether::ledger
