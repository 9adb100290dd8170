// `RedisSettings` says which server keeps the ledger, and how to connect to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger/ledger.hpp"

namespace bellwether::ledger {

struct RedisSettings {
    std::string host;  // a name or an address, IPv6 without brackets
    std::uint16_t port = 6379;
    std::string user;  // empty: the server's default user
    int database = 0;
    bool encrypted = false;
    std::string password;               // empty: none
    std::string ca_file;                // PEM; empty: the system's authorities
    std::string prefix = "bellwether";  // hosts with the same prefix share budgets and limits
    std::int64_t connect_limit_ms = 3'000;
    std::int64_t answer_limit_ms = 2'000;
    std::int64_t lease_ms = 15'000;           // how long a silent host keeps its holds
    std::int64_t usage_rows_max = 1'000'000;  // roughly; the oldest rows go first
    std::int64_t keep_usage_ms = 0;           // 0: no row goes because of its age
    std::size_t counters_max = k_counters_max;

    // The server's name in messages, without user and password.
    std::string name() const;
};

}  // namespace bellwether::ledger
