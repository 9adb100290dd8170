// A host with one worker, without its sockets, from its first call to its last.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <vector>

#include "base/clock.hpp"
#include "chance.hpp"
#include "checked_ledger.hpp"
#include "client.hpp"
#include "fake_wire.hpp"
#include "front/drained_calls.hpp"
#include "net/alarm.hpp"
#include "pages/metrics_page.hpp"
#include "plan.hpp"
#include "referee.hpp"

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
    void step();
    void settle_down();
    void check_end();

    const Plan& plan_;
    const std::uint64_t calls_;
    Chance chance_;
    Clock::Simulated time_;
    boost::asio::io_context loop_{1};
    const front::Host host_;
    front::Process process_{.metrics = {pages::metric_names(host_), 1},
                            .body_room = front::BodyRoom(std::size_t{1} << 30)};
    const front::Running running_{
        .process = process_,
        .warnings = std::make_unique<policy::Warnings>(host_.config),
        .webhook_counts = std::make_unique<policy::WebhookCounts>(host_.webhooks),
        .upstreams =
            std::make_unique<policy::Upstreams>(host_.config, host_.routes.targets().size()),
        .waiting = std::make_unique<policy::WaitingCounts>(host_.config)};
    Referee referee_{host_, *running_.upstreams, *running_.waiting};
    CheckedLedger ledger_{plan_, chance_, time_, referee_};
    FakeWire wire_{plan_, loop_, chance_, referee_, ledger_};
    credentials::TokenDesk desk_{loop_, wire_};
    observe::WorkerMetrics metrics_{process_.metrics.names()};
    std::vector<plugin::ProviderSlot> slots_{host_.registry.providers.begin(),
                                             host_.registry.providers.end()};
    policy::WebhookPosts posts_{loop_, wire_, host_.webhooks, *running_.webhook_counts};
    policy::Books books_{loop_, host_.config, &ledger_, running_.warnings.get(), &posts_};
    front::DrainedCalls drained_{loop_, [] {}};
    observe::AccessLog access_log_{loop_};
    std::mt19937_64 random_{chance_.engine()()};
    front::Context context_{.host = host_,
                            .engine = {loop_, wire_, desk_, slots_, *running_.upstreams, random_,
                                       running_.waiting.get()},
                            .books = books_,
                            .drained_calls = drained_,
                            .running = running_,
                            .metrics = metrics_,
                            .access_log = access_log_,
                            .random = random_,
                            .http_limits = {}};
    std::list<std::shared_ptr<Client>> clients_;
    net::Alarm next_client_{loop_};
    std::uint64_t asked_ = 0;
};

}  // namespace bellwether::simulator
