#include "plugin/engine_limit.hpp"

namespace bellwether::plugin {

void limit_engines(config::Config& config, const Registry& registry) {
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        const std::int64_t most = registry.providers[i]->manifest.concurrency;
        if (most == 0 || config.providers[i].max_concurrent != 0) continue;
        config.providers[i].max_concurrent = most;
        if (config.ledger.kind == config::StoreKind::none) {
            config.ledger.kind = config::StoreKind::memory;
        }
    }
}

}  // namespace bellwether::plugin
