// Runs the ledger's scripts over a connection: by their digest, which the server told when the
// connection was opened, or whole, if it has forgotten them since.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/redis/connection.hpp"
#include "ledger/redis/lua.hpp"

namespace bw::ledger {

enum class OpenedFor : std::uint8_t { calls, reports };  // which write, or mostly do not

struct RedisScripts {
    explicit RedisScripts(const RedisSettings& settings);

    RedisConnection::Opening opening(OpenedFor what) const;

    Scripts texts;
    std::string root;
};

void run_script(std::shared_ptr<const RedisScripts> scripts, RedisConnection& connection,
                Script script, std::vector<std::string> arguments,
                RedisConnection::OnAnswer on_answer);

}  // namespace bw::ledger
