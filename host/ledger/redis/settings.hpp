// Which server the ledger is kept on, and how to talk to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger/ledger.hpp"

namespace bw::ledger {

struct RedisSettings {
    std::string host;  // a name or an address, IPv6 without brackets
    std::uint16_t port = 6379;
    std::string user;  // empty: the default one
    int database = 0;
    bool encrypted = false;
    std::string password;               // empty: none
    std::string ca_file;                // PEM; empty: the system's authorities
    std::string prefix = "bellwether";  // hosts with the same one share budgets and limits
    std::int64_t connect_limit_ms = 3'000;
    std::int64_t answer_limit_ms = 2'000;
    std::int64_t lease_ms = 15'000;  // how long the holds of a host that is not heard of are kept
    std::int64_t usage_rows_max = 1'000'000;  // about: the oldest go first
    std::int64_t keep_usage_ms = 0;           // 0: until there are too many
    std::size_t counters_max = k_counters_max;

    // What to call the server to people: without user and password.
    std::string name() const;
};

}  // namespace bw::ledger
