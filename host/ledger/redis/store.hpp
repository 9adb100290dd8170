// The ledger of several hosts, in one Redis or Valkey server. See docs/redis.md.
#pragma once

#include <memory>

#include "base/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/redis/settings.hpp"

namespace bw::ledger {

// A server that is away is no error: holds are unavailable until it comes. One that answers, but
// not as it should (a wrong password, say), is.
Result<std::unique_ptr<Store>> open_redis(RedisSettings settings);

}  // namespace bw::ledger
