// A host with one worker, without its sockets, from its first call to its last, and through many
// configurations.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <random>

#include "base/clock.hpp"
#include "chance.hpp"
#include "checked_ledger.hpp"
#include "client.hpp"
#include "fake_wire.hpp"
#include "front/drained_calls.hpp"
#include "front/shadow_calls.hpp"
#include "net/alarm.hpp"
#include "pages/metrics_page.hpp"
#include "plan.hpp"
#include "referee.hpp"
#include "reloads.hpp"
#include "serve/worker_generation.hpp"

namespace bellwether::simulator {

class World {
  public:
    World(const Plan& plan, std::uint64_t seed, std::uint64_t calls);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Until all calls have ended. The rules hold then.
    void run();

    const Referee& referee() const { return referee_; }
    std::uint64_t requests() const { return wire_.started(); }  // to upstreams

  private:
    using GenerationPtr = std::shared_ptr<const serve::Generation>;

    void step();
    void reload();
    void come_under(const GenerationPtr& generation);
    GenerationPtr make_generation(const serve::Generation* before);
    void settle_down();
    void check_end();

    const Plan& plan_;
    const std::uint64_t calls_;
    Chance chance_;
    Chance chance_of_reloads_;  // its own, so that calls go on the same whatever reloads there are
    Clock::Simulated time_;
    boost::asio::io_context loop_{1};
    Configs configs_{plan_.file};
    front::Process process_{.metrics = {pages::metric_names(configs_.next(nullptr)), 1},
                            .body_room = front::BodyRoom(std::size_t{1} << 30)};
    CheckedLedger* ledger_ = nullptr;  // of all generations
    // What the referee looks at. Its targets, limits and lines are those of all later ones.
    const GenerationPtr first_ = make_generation(nullptr);
    Referee referee_{first_->host(), *first_->running().upstreams, *first_->running().waiting};
    FakeWire wire_{plan_, loop_, chance_, referee_, *ledger_};
    credentials::TokenDesk desk_{loop_, wire_};
    observe::WorkerMetrics metrics_{process_.metrics.names()};
    front::DrainedCalls drained_{loop_, [] {}};
    front::ShadowCalls shadows_{loop_};
    observe::AccessLog access_log_{loop_};
    std::mt19937_64 random_{chance_.engine()()};
    std::shared_ptr<serve::WorkerGeneration> current_;
    std::shared_ptr<front::Context> context_;  // of `current_`
    std::list<std::shared_ptr<Client>> clients_;
    net::Alarm next_client_{loop_};
    net::Alarm next_reload_{loop_};
    std::uint64_t asked_ = 0;
    std::uint64_t reloads_ = 0;
    std::uint64_t lived_through_one_ = 0;  // calls
};

}  // namespace bellwether::simulator
