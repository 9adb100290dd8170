// Runs the ledger's scripts over a connection. A script is called by its digest, which the server
// told when the connection was opened; if the server has forgotten it since, its text is sent.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/redis/connection.hpp"
#include "ledger/redis/lua.hpp"

namespace bellwether::ledger {

// What a connection is for. Calls need a server that takes writes; most reports only read.
enum class OpenedFor : std::uint8_t { calls, reports };

struct RedisScripts {
    explicit RedisScripts(const RedisSettings& settings);

    RedisConnection::Opening opening(OpenedFor what) const;

    std::array<std::string, k_scripts> texts;  // by Script
    // The only key that is passed to the scripts; the names of all other keys begin with it. Its
    // braces (a hash tag) keep all keys on one server of a cluster.
    std::string root;
};

void run_script(std::shared_ptr<const RedisScripts> scripts, RedisConnection& connection,
                Script script, std::vector<std::string> arguments,
                RedisConnection::OnAnswer on_answer);

// The keeper's connection, as the keeper's parts use it. Each part has a copy.
struct RedisChannel {
    void run(Script script, std::vector<std::string> arguments,
             RedisConnection::OnAnswer on_answer) const {
        run_script(scripts, *connection, script, std::move(arguments), std::move(on_answer));
    }
    bool ready() const { return connection->ready(); }

    std::shared_ptr<const RedisScripts> scripts;
    std::shared_ptr<RedisConnection> connection;
    std::string server;  // the name of the server in messages
};

}  // namespace bellwether::ledger
