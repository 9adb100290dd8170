// What the process knows of its upstreams: their limits, which credentials they have refused, how
// their targets do, how many tries may be repetitions, and what probes have found. One object
// serves all workers of one configuration, from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "policy/upstreams/credentials.hpp"
#include "policy/upstreams/retry_budget.hpp"
#include "policy/upstreams/upstream_limits.hpp"
#include "route/target_states.hpp"

namespace bellwether::policy {

// How the last probe of a provider went (Probes).
enum class ProbeResult : std::uint8_t { none_yet, ok, failed };

struct Upstreams {
    using OnChange = std::function<void(const route::TargetStates::Change&)>;

    // What was known under the configuration before.
    struct Before {
        const Upstreams& upstreams;
        // By provider and by target: its index there, if it is the same one.
        std::vector<std::optional<std::size_t>> providers;
        std::vector<std::optional<std::size_t>> targets;
    };

    // `target_count`: how many targets the routes have (route::Table::targets). `on_change` is told
    // of each target that goes out of service or comes back, from any thread. `before`: what of it
    // is the same is kept; null: nothing was known.
    Upstreams(const config::Config& config, std::size_t target_count, OnChange on_change = {},
              const Before* before = nullptr);

    UpstreamLimits limits;
    Credentials credentials;
    route::TargetStates targets;
    const std::shared_ptr<SharedRetryBudget> held_retries;
    SharedRetryBudget& retries = *held_retries;
    std::vector<std::atomic<ProbeResult>> probes;  // one a provider
};

}  // namespace bellwether::policy
