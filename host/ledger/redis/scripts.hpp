// Runs the ledger's scripts over a connection: by their digest, which the server told when the
// connection was opened, or whole, if it has forgotten them since.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/redis/connection.hpp"
#include "ledger/redis/lua.hpp"

namespace bw::ledger {

enum class OpenedFor : std::uint8_t { calls, reports };  // which write, or mostly do not

struct RedisScripts {
    explicit RedisScripts(const RedisSettings& settings);

    RedisConnection::Opening opening(OpenedFor what) const;

    std::array<std::string, k_scripts> texts;  // by Script
    // The one key that all scripts are given; the names of all others begin with it. Its braces
    // keep them on one server of a cluster.
    std::string root;
};

void run_script(std::shared_ptr<const RedisScripts> scripts, RedisConnection& connection,
                Script script, std::vector<std::string> arguments,
                RedisConnection::OnAnswer on_answer);

// The keeper's connection, for those who ask over it.
struct RedisChannel {
    void run(Script script, std::vector<std::string> arguments,
             RedisConnection::OnAnswer on_answer) const {
        run_script(scripts, *connection, script, std::move(arguments), std::move(on_answer));
    }
    bool ready() const { return connection->ready(); }

    std::shared_ptr<const RedisScripts> scripts;
    std::shared_ptr<RedisConnection> connection;
    std::string server;  // what to call it to people
};

}  // namespace bw::ledger
