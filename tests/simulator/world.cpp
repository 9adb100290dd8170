#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "rules.hpp"

namespace bellwether::simulator {
namespace {

front::Host make_host(const char* file) {
    for (int i = 0; i < 3; ++i) {
        setenv(fmt::format("SIMULATED_KEY_{}", i).c_str(),
               fmt::format("{}{}", k_key_mark, i).c_str(), 1);
    }
    setenv("SIMULATED_KEY", "cr_simulated", 1);
    auto loaded = config::load(file);
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

}  // namespace

World::World(const Plan& plan, std::uint64_t seed, std::uint64_t calls)
    : plan_(plan), calls_(calls), chance_(seed), host_(make_host(plan.file)) {
    time_.wall = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
    Clock::give(&time_);
}

World::~World() { Clock::give(nullptr); }

void World::step() {
    auto client = std::make_shared<Client>(plan_, context_, chance_, referee_, ++asked_);
    clients_.push_back(client);
    client->ask();
    // Some come in crowds.
    const auto by_chance = chance_.in(3) ? std::chrono::milliseconds(0) : chance_.wait(0, 400);
    const auto wait = plan_.gap.value_or(by_chance);
    if (asked_ < calls_) next_client_.set(Clock::now() + wait, [this] { step(); });
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
    require(asked_ == calls_, "all have asked");
    require(clients_.empty(), fmt::format("{} clients wait for ever", clients_.size()));
    require(drained_.empty(), "drained calls end");
    require(wire_.under_way() == 0, fmt::format("{} exchanges were left open", wire_.under_way()));
    require(metrics_.requests_active.value() == 0, "no request is active");
    require(metrics_.streams_active.value() == 0, "no stream is active");
    require(metrics_.streams_paused.value() == 0, "no stream is paused");
    for (const auto& [limit, count] : *running_.waiting) {
        require(*count == 0, "nobody stands in the line of " + limit);
    }
    ledger_.check_end();
    referee_.check_end();
}

}  // namespace bellwether::simulator
