#include "serve/chores.hpp"

#include <utility>

namespace bellwether::serve {

Chores::ProbesOf::ProbesOf(Chores& owner, std::shared_ptr<const Generation> one)
    : generation(std::move(one)),
      probes(owner.loop_, owner.client_, generation->host().config, generation->host().registry,
             generation->host().routes.targets(), *generation->running().upstreams) {}

void Chores::follow(std::shared_ptr<const Generation> generation) {
    canary_watch_.follow(generation);
    ProbesOf& now = probes_.emplace_back(*this, std::move(generation));
    if (probes_.size() == 1) return;
    const auto before = std::prev(probes_.end(), 2);
    now.probes.keep_rhythm_of(before->probes);
    before->probes.wind_down([this, before] { probes_.erase(before); });
}

}  // namespace bellwether::serve
