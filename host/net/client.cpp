#include "net/client.hpp"

#include <unordered_map>
#include <utility>

#include "net/engine.hpp"
#include "net/transfer.hpp"

namespace bellwether::net {

// There is one engine for each WireOptions object. So connections of different providers never mix,
// each provider has its own limits, and a handle keeps what is the same for all requests of its
// provider. Callbacks that the loop holds may outlive the Client, so they share the engines.
struct Client::Impl {
    struct Lane {
        std::weak_ptr<const WireOptions> wire;
        std::shared_ptr<Engine> engine;
    };

    explicit Impl(boost::asio::io_context& event_loop) : loop(event_loop) {}

    Engine& engine_of(const std::shared_ptr<const WireOptions>& wire) {
        const auto found = lanes.find(wire.get());
        if (found != lanes.end() && !found->second.wire.expired()) return *found->second.engine;
        forget_expired();
        auto engine = std::make_shared<Engine>(loop, *wire, stats);
        return *lanes.insert_or_assign(wire.get(), Lane{wire, engine}).first->second.engine;
    }

    // Each request keeps its WireOptions alive, so an engine whose WireOptions are gone has no
    // request to lose.
    void forget_expired() {
        std::erase_if(lanes, [](const auto& lane) {
            if (!lane.second.wire.expired()) return false;
            lane.second.engine->shutdown();
            return true;
        });
    }

    boost::asio::io_context& loop;
    std::shared_ptr<Stats> stats = std::make_shared<Stats>();
    std::shared_ptr<const WireOptions> plain = std::make_shared<const WireOptions>();
    std::unordered_map<const WireOptions*, Lane> lanes;
};

Client::Client(boost::asio::io_context& loop) : impl_(std::make_unique<Impl>(loop)) {}

Client::~Client() {
    for (const auto& [wire, lane] : impl_->lanes) lane.engine->shutdown();
}

Exchange Client::start(Request request, Events& events) {
    if (!request.wire) request.wire = impl_->plain;
    Engine& engine = impl_->engine_of(request.wire);
    return Exchange(engine.start(std::move(request), events));
}

const Stats& Client::stats() const { return *impl_->stats; }

}  // namespace bellwether::net
