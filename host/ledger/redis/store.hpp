// The Redis store: a ledger that several hosts share, in one Redis or Valkey server. See
// docs/redis.md.
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/redis/settings.hpp"

namespace bellwether::ledger {

// Opens the store, and waits for the first attempt to connect. A server that is away is no error:
// holds are unavailable until it is there. A server that refuses the host (a wrong password, for
// one) is an error.
Result<std::unique_ptr<Store>> open_redis(RedisSettings settings);

// Connects, and leaves what the server keeps as it is. The error is that of open_redis(); the text
// says why the server is away, and is empty if it is there.
Result<std::string> try_redis(const RedisSettings& settings);

}  // namespace bellwether::ledger
