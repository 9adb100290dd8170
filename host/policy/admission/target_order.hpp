// Puts the targets of a call in the order in which they are tried: by the strategy of its route and
// by how the targets do. (credential_order.hpp: which of a target's credentials comes first.)
#pragma once

#include <cstdint>
#include <span>

#include "base/call.hpp"
#include "config/config.hpp"
#include "policy/limits/rules.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "route/order.hpp"

namespace bellwether::policy {

// True if a strategy of the route looks at what the call may cost.
bool compares_costs(const config::Route& route);

// What a sticky route looks at in this call. Where the call does not have it, its prompt counts.
std::uint64_t sticky_hash(const Call& call, const config::StickyBy& by);

class TargetOrder {
  public:
    // `random`: any 64 bits. The others must outlive the object.
    TargetOrder(const config::Route& route, const Call& call, const Upstreams& upstreams,
                std::uint64_t random)
        : route_(route), call_(call), upstreams_(upstreams), random_(random) {}

    // Those of one chain, or of none, stand together, and are put in order among themselves.
    void put(std::span<Prospect> prospects) const;

  private:
    void put_chain(std::span<Prospect> prospects) const;
    route::Contender contender_of(const Prospect& prospect, Clock::time_point now) const;

    const config::Route& route_;
    const Call& call_;
    const Upstreams& upstreams_;
    const std::uint64_t random_;
};

}  // namespace bellwether::policy
