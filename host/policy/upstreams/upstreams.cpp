#include "policy/upstreams/upstreams.hpp"

namespace bellwether::policy {
namespace {

// The same object, so that a reload brings no new repetitions, unless the config allows another
// number of them.
std::shared_ptr<SharedRetryBudget> retries_after(const config::RetryBudget& budget,
                                                 const Upstreams::Before* before) {
    if (before == nullptr) return std::make_shared<SharedRetryBudget>(budget);
    const auto& known = before->upstreams.held_retries;
    if (known->limits() == budget) return known;
    return std::make_shared<SharedRetryBudget>(budget, known.get());
}

}  // namespace

Upstreams::Upstreams(const config::Config& config, std::size_t target_count, OnChange on_change,
                     const Before* before)
    : limits(config, before == nullptr ? nullptr : &before->upstreams.limits),
      credentials(config),
      targets(config.health, target_count, std::move(on_change)),
      held_retries(retries_after(config.retry_budget, before)),
      probes(config.providers.size()) {
    if (before == nullptr) return;
    for (std::size_t i = 0; i < before->providers.size(); ++i) {
        if (!before->providers[i]) continue;
        const std::size_t then = *before->providers[i];
        credentials.keep(i, before->upstreams.credentials, then);
        probes[i] = before->upstreams.probes[then].load(std::memory_order_relaxed);
    }
    for (std::size_t id = 0; id < before->targets.size(); ++id) {
        if (before->targets[id]) targets.keep(id, before->upstreams.targets, *before->targets[id]);
    }
}

}  // namespace bellwether::policy
