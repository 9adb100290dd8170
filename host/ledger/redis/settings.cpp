#include "ledger/redis/settings.hpp"

#include <fmt/format.h>

namespace bellwether::ledger {

std::string RedisSettings::name() const {
    const bool v6 = host.contains(':');
    return fmt::format("{}://{}{}{}:{}/{}", encrypted ? "rediss" : "redis", v6 ? "[" : "", host,
                       v6 ? "]" : "", port, database);
}

}  // namespace bellwether::ledger
