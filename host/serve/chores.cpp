#include "serve/chores.hpp"

#include <exception>
#include <utility>

#include "observe/log.hpp"

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

void run_with_chores(boost::asio::io_context& loop) {
    for (;;) {
        try {
            loop.run();
            return;
        } catch (const std::exception& error) {
            // Only a library, or a lack of memory, throws here; signals must still be heard.
            observe::error("the thread of the signals caught an exception: {}", error.what());
        }
    }
}

}  // namespace bellwether::serve
