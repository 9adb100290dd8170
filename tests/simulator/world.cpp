#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "rules.hpp"

namespace bellwether::simulator {
namespace {

constexpr std::uint64_t k_reload_seed = 0x5eed;

}  // namespace

World::World(const Plan& plan, std::uint64_t seed, std::uint64_t calls)
    : plan_(plan), calls_(calls), chance_(seed), chance_of_reloads_(seed ^ k_reload_seed) {
    time_.wall = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
    Clock::give(&time_);
    ledger_->report_to(referee_);
    come_under(first_);
    if (plan_.is_reloaded) next_reload_.set(Clock::now(), [this] { reload(); });
}

World::~World() {
    clients_.clear();
    context_.reset();
    current_.reset();
    Clock::give(nullptr);
}

World::GenerationPtr World::make_generation(const serve::Generation* before) {
    auto made = serve::Generation::make(
        configs_.next(before == nullptr ? nullptr : &before->host()), process_, before,
        [this](const config::Ledger&) -> Result<std::unique_ptr<ledger::Store>> {
            auto ledger = std::make_unique<CheckedLedger>(plan_, chance_, time_);
            ledger_ = ledger.get();
            return ledger;
        });
    require(made.has_value(), made ? "" : made.error());
    return *std::move(made);
}

void World::come_under(const GenerationPtr& generation) {
    const serve::WorkerParts parts{.number = 0,
                                   .loop = loop_,
                                   .transport = wire_,
                                   .desk = desk_,
                                   .random = random_,
                                   .metrics = metrics_,
                                   .access_log = access_log_,
                                   .drained_calls = drained_,
                                   .shadow_calls = shadows_};
    current_ = std::make_shared<serve::WorkerGeneration>(parts, front::Surface(), generation,
                                                         current_.get());
    context_ = std::shared_ptr<front::Context>(current_, &current_->context());
    context_->self = context_;
}

// At any moment between two events; often while many calls are under way.
void World::reload() {
    come_under(make_generation(&current_->generation()));
    ++reloads_;
    if (asked_ == calls_) return;
    const auto wait = chance_of_reloads_.in(3) ? chance_of_reloads_.wait(0, 300)
                                               : chance_of_reloads_.wait(0, 15'000);
    next_reload_.set(Clock::now() + wait, [this] { reload(); });
}

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
            if (!client->over()) return false;
            referee_.tally().count(client->end());
            if (client->generation() != context_->generation) ++lived_through_one_;
            return true;
        });
        if (time_.next == Clock::time_point::max()) break;
        const auto moved = std::max(time_.next - time_.now, Clock::duration(1));
        time_.now += moved;
        time_.wall += moved;
    }
    const std::chrono::duration<double, std::ratio<3600>> hours(time_.now.time_since_epoch());
    fmt::print("{} calls in {:.1f} h, {} requests to upstreams, {} holds\n", asked_,
               hours.count() - 1, wire_.started(), ledger_->granted());
    fmt::print("{} reloads, {} calls lived through one\n", reloads_, lived_through_one_);
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
    for (const auto& [limit, count] : *first_->running().waiting) {
        require(*count == 0, "nobody stands in the line of " + limit);
    }
    require(!plan_.is_reloaded || lived_through_one_ > calls_ / 100, "calls live through reloads");
    // The referee keeps the first one.
    const auto alive = process_.reloads.generations_alive.load();
    require(alive <= 2, fmt::format("{} configurations are left", alive));
    ledger_->check_end();
    referee_.check_end();
}

}  // namespace bellwether::simulator
