#include "serve/chores.hpp"

#include <utility>

namespace bellwether::serve {

Chores::ProbesOf::ProbesOf(Chores& owner, std::shared_ptr<const Generation> one,
                           const policy::Probes* before)
    : generation(std::move(one)),
      probes(owner.loop_, owner.client_, generation->host().config, generation->host().registry,
             generation->host().routes.targets(), *generation->running().upstreams, before) {}

void Chores::follow(std::shared_ptr<const Generation> generation) {
    const bool first = probes_.empty();
    const auto before = first ? probes_.end() : std::prev(probes_.end());
    probes_.emplace_back(*this, std::move(generation), first ? nullptr : &before->probes);
    if (!first) before->probes.wind_down([this, before] { probes_.erase(before); });
}

}  // namespace bellwether::serve
