// Runs the host's own policy, attempts and calls through many hours of calls in seconds: on one
// thread, on a clock that is moved, over a wire and a ledger that fail by chance.
//
//   simulate [--seed NUMBER] [--calls NUMBER]
//
// The seed decides everything. Exit code 1: a rule was broken; it says which, and how to see it
// again.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <list>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <thread>

#include "checked_ledger.hpp"
#include "client.hpp"
#include "fake_wire.hpp"
#include "front/drained_calls.hpp"
#include "observe/log.hpp"
#include "pages/metrics_page.hpp"
#include "referee.hpp"
#include "rules.hpp"

namespace bw::simulator {
namespace {

struct Options {
    std::uint64_t seed = std::random_device{}();
    std::uint64_t calls = 20'000;
};

Options parse(std::span<char*> words) {
    Options options;
    for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
        const std::uint64_t number = std::strtoull(words[i + 1], nullptr, 10);
        if (std::string_view(words[i]) == "--seed") options.seed = number;
        if (std::string_view(words[i]) == "--calls") options.calls = number;
    }
    return options;
}

front::Host make_host() {
    auto loaded = config::load(BELLWETHER_SIMULATED);
    auto registry = plugin::load(loaded.config, {BELLWETHER_PLUGIN_DIR}, loaded.diagnostics);
    for (const auto& diagnostic : loaded.diagnostics) {
        require(diagnostic.severity != config::Severity::error, to_string(diagnostic));
    }
    route::Table routes(loaded.config);
    route::Catalogue catalogue(loaded.config, routes, registry);
    policy::KeyRing keys(loaded.config.keys);
    return {.config = std::move(loaded.config),
            .registry = std::move(registry),
            .routes = std::move(routes),
            .catalogue = std::move(catalogue),
            .keys = std::move(keys)};
}

// A host with one worker, without its sockets.
class World {
  public:
    explicit World(const Options& options) : options_(options), chance_(options.seed) {
        time_.wall = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
        Clock::give(&time_);
    }
    ~World() { Clock::give(nullptr); }

    void run();

  private:
    void step();
    void settle_down();
    void check_end();

    const Options options_;
    Chance chance_;
    Clock::Simulated time_;
    boost::asio::io_context loop_{1};
    const front::Host host_ = make_host();
    const front::Running running_{.metrics = {pages::metric_names(host_), 1},
                                  .warnings = std::make_unique<policy::Warnings>(host_.config),
                                  .webhook_counts = std::make_unique<policy::WebhookCounts>(0),
                                  .upstreams = std::make_unique<policy::Upstreams>(
                                      host_.config, host_.routes.targets().size()),
                                  .waiting = std::make_unique<policy::WaitingCounts>(host_.config),
                                  .ledger = nullptr,
                                  .budget_watch = nullptr,
                                  .body_room = nullptr};
    Referee referee_{host_, *running_.upstreams, *running_.waiting};
    CheckedLedger ledger_{chance_, time_, referee_};
    FakeWire wire_{loop_, chance_, referee_, ledger_};
    const observe::MetricNames names_ = pages::metric_names(host_);
    observe::WorkerMetrics metrics_{names_};
    std::vector<plugin::ProviderSlot> slots_{host_.registry.providers.begin(),
                                             host_.registry.providers.end()};
    policy::WebhookPosts posts_{loop_, wire_, host_.webhooks, *running_.webhook_counts};
    policy::Books books_{loop_, host_.config, &ledger_, running_.warnings.get(), &posts_};
    front::DrainedCalls drained_{loop_, [] {}};
    observe::AccessLog access_log_{loop_};
    std::mt19937_64 random_{chance_.engine()()};
    front::Context context_{
        .host = host_,
        .engine = {loop_, wire_, slots_, *running_.upstreams, random_, running_.waiting.get()},
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

void World::step() {
    auto client = std::make_shared<Client>(context_, chance_, referee_, ++asked_);
    clients_.push_back(client);
    client->ask();
    // Some come in crowds.
    const auto wait = chance_.in(3) ? std::chrono::milliseconds(0) : chance_.wait(0, 400);
    if (asked_ < options_.calls) next_client_.set(Clock::now() + wait, [this] { step(); });
}

// Until nothing is left to do at this moment. A poll may come before the kernel has told of timers.
void World::settle_down() {
    for (int i = 0; i < 100 && time_.next == Clock::time_point::max(); ++i) {
        loop_.restart();
        if (loop_.poll() == 0 && i > 0) std::this_thread::yield();
    }
}

void World::run() {
    step();
    while (true) {
        time_.next = Clock::time_point::max();
        settle_down();
        referee_.look();
        clients_.remove_if([this](const auto& client) {
            if (client->over()) referee_.tally().count(client->end());
            return client->over();
        });
        if (time_.next == Clock::time_point::max()) break;
        const auto moved = std::max(time_.next - time_.now, Clock::duration(1));
        time_.now += moved;
        time_.wall += moved;
    }
    const std::chrono::duration<double, std::ratio<3600>> hours(time_.now.time_since_epoch());
    fmt::print("{} calls in {:.1f} h, {} requests to upstreams, {} holds\n", asked_,
               hours.count() - 1, wire_.started(), ledger_.granted());
    check_end();
}

void World::check_end() {
    require(asked_ == options_.calls, "all have asked");
    require(clients_.empty(), fmt::format("{} clients wait for ever", clients_.size()));
    require(drained_.empty(), "drained calls end");
    require(wire_.under_way() == 0, fmt::format("{} exchanges were left open", wire_.under_way()));
    require(metrics_.requests_active.value() == 0, "no request is active");
    require(metrics_.streams_active.value() == 0, "no stream is active");
    require(metrics_.streams_paused.value() == 0, "no stream is paused");
    for (const auto& [limit, count] : *running_.waiting) {
        require(count == 0, "nobody stands in the line of " + limit);
    }
    ledger_.check_end();
    referee_.check_end(asked_);
}

}  // namespace
}  // namespace bw::simulator

int main(int count, char** words) {
    using namespace bw::simulator;
    const Options options = parse({words, static_cast<std::size_t>(count)});
    command_again = fmt::format("{} --seed {} --calls {}", words[0], options.seed, options.calls);
    fmt::print("seed {}\n", options.seed);
    bw::observe::configure(bw::LogLevel::error, bw::observe::Format::text, false);
    World(options).run();
    return 0;
}
