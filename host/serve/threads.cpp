#include "serve/threads.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <future>
#include <iterator>
#include <latch>
#include <span>
#include <utility>

#include "config/quantity.hpp"
#include "observe/log.hpp"
#include "pages/admin.hpp"
#include "pages/metrics_page.hpp"
#include "pages/surface.hpp"
#include "serve/listening.hpp"
#include "serve/log_settings.hpp"
#include "serve/service_manager.hpp"
#include "serve/upgrade/surroundings.hpp"
#include "serve/watched_files.hpp"

namespace bellwether::serve {
namespace {

constexpr std::size_t k_admin_connections_max = 64;
constexpr std::chrono::milliseconds k_look_again{1};
constexpr std::chrono::milliseconds k_admin_ends_within{1'000};

// As good as never; longer times do not fit the clocks.
constexpr std::chrono::milliseconds k_for_ever = std::chrono::hours(24 * 365);

using Refusal = std::unexpected<std::string>;

front::Surface api_surface(const Generation& generation) {
    const front::Host& host = generation.host();
    return {.pages = pages::answer_for,
            .loopback = config::is_loopback(host.config.server.host),
            .keys = &host.keys,
            .keyless = pages::is_health,
            .origins = &host.config.server.front.cors_origins,
            .body_room = &generation.running().process.body_room};
}

front::Surface admin_surface(const Generation&) {
    return {.pages = pages::admin_surface, .takes_calls = false};
}

double seconds_of(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

Threads::Threads(boost::asio::io_context& signal_loop, front::Process& process,
                 const ConnectionRoom& room, const GenerationPtr& generation)
    : signal_loop_(signal_loop),
      process_(process),
      connections_(room.served, generation->host().config.server.front.connections_per_client_max,
                   room.refused),
      admin_connections_(std::min(k_admin_connections_max, room.served), 0, room.refused),
      unmeasured_(process.metrics.names()),
      admin_(generation, admin_surface, unmeasured_, admin_connections_),
      chores_(signal_loop),
      file_watch_(signal_loop, [this](const auto& files) { changed(files); }),
      successor_ended_(signal_loop),
      grace_(signal_loop),
      current_(generation) {
    for (std::size_t i = 0; i < config::worker_count(generation->host().config.server); ++i) {
        workers_.push_back(std::make_unique<Worker>(generation, api_surface,
                                                    process_.metrics.worker(i), connections_, i));
    }
    chores_.follow(generation);
    watch_files();
}

std::expected<void, std::string> Threads::listen(Inheritance& inheritance, const Ready& ready) {
    const auto& config = current_->host().config;
    constexpr std::span<const std::uint16_t> no_ports;
    InheritedSockets inherited = inheritance.predecessor ? inheritance.predecessor->take_sockets()
                                                         : std::move(inheritance.sockets);
    const bool has_api = !inherited.api.empty();
    const bool has_admin = !inherited.admin.empty();
    // The sockets of a host before this one are as good as its own.
    process_.api_inherited =
        inheritance.predecessor ? inheritance.predecessor->api_inherited() : has_api;
    process_.admin_inherited =
        inheritance.predecessor ? inheritance.predecessor->admin_inherited() : has_admin;
    auto api = has_api ? serve::listen(config.server, workers_.size(), std::move(inherited.api))
                       : serve::listen(config.server, workers_.size(), no_ports);
    if (!api) return Refusal(api.error());
    auto admin = has_admin ? serve::listen(config.admin, std::move(inherited.admin))
                           : serve::listen(config.admin, no_ports);
    if (!admin) return Refusal(admin.error());
    api_port_ = api->port();
    admin_port_ = admin->port();
    const auto shares = api->take(workers_.size());
    for (std::size_t i = 0; i < shares.size(); ++i) workers_[i]->listen(shares[i]);
    admin_.listen(admin->take(1).front());
    tell_ready_ = [ready, url = api->url(), admin_url = admin->url()] { ready(url, admin_url); };
    return {};
}

void Threads::start() {
    for (const auto& worker : workers_) worker->start();
    // The admin worker outlives the others, so that an operator can watch them drain. Its
    // connections do not count in the metrics.
    admin_.start();
    signal_thread_ = std::thread([this] { run_with_chores(signal_loop_); });
    tell_ready_();
}

void Threads::follow(std::unique_ptr<Predecessor> before, const std::vector<ledger::Hold>& holds) {
    auto sockets = before->take_ledger_sockets();
    relays_ = !sockets.empty();
    boost::asio::post(signal_loop_, [this, holds, before = std::move(before),
                                     sockets = std::move(sockets)]() mutable {
        before_ = std::move(before);
        if (sockets.empty()) return;
        relay_ = std::make_unique<ledger::Relay>(signal_loop_, *current_->running().ledger, holds,
                                                 std::move(sockets), [this] { relays_ = false; });
    });
}

// ---- another config -----------------------------------------------------------------------------

std::expected<void, std::string> Threads::adopt(const GenerationPtr& now,
                                                const Generation& before) {
    const config::Config& then = before.host().config;
    const config::Config& config = now->host().config;
    auto moved = listen_anew(config, then, workers_.size(), own_ports(), BoundFor::clients);
    if (!moved) return Refusal(moved.error());
    apply_settings(config, then);
    process_.metrics.add_names(pages::metric_names(now->host()));
    const bool moves = moved->api.has_value();
    const bool admin_moves = moved->admin.has_value();
    if (moves) api_port_ = moved->api->port();
    if (admin_moves) admin_port_ = moved->admin->port();
    if (moves) observe::info("listening on {}", moved->api->url());
    if (admin_moves && !moved->admin->url().empty()) {
        observe::info("admin on {}", moved->admin->url());
    }
    std::vector<std::vector<int>> shares;
    if (moves) shares = moved->api->take(workers_.size());
    const auto all = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(workers_.size() + 2));
    const auto done = [all] { all->count_down(); };
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        workers_[i]->adopt(now, moves ? std::optional(std::move(shares[i])) : std::nullopt, done);
    }
    admin_.adopt(now, admin_moves ? std::optional(moved->admin->take(1).front()) : std::nullopt,
                 done);
    boost::asio::post(signal_loop_, [this, now, done] {
        current_ = now;
        chores_.follow(now);
        watch_files();
        done();
    });
    // The threads of a host that has begun to end may not answer any more.
    while (!all->try_wait() && !process_.draining) std::this_thread::sleep_for(k_look_again);
    return {};
}

std::expected<void, std::string> Threads::try_addresses(const config::Config& now,
                                                        const Generation& before) const {
    const auto tried =
        listen_anew(now, before.host().config, workers_.size(), own_ports(), BoundFor::trial);
    if (!tried) return Refusal(tried.error());
    return {};
}

void Threads::apply_settings(const config::Config& now, const config::Config& before) {
    const config::Front& limits = now.server.front;
    if (limits.connections_max != before.server.front.connections_max ||
        limits.connections_per_client_max != before.server.front.connections_per_client_max) {
        const ConnectionRoom room = prepare_descriptors(limits.connections_max);
        connections_.set_limits(room.served, limits.connections_per_client_max);
    }
    process_.body_room.set_max(now.server.bodies_bytes_max);
    // A level that an operator has set meanwhile stays, unless the config changes.
    const bool same = now.log.level == before.log.level && now.log.format == before.log.format &&
                      now.log.access == before.log.access;
    if (!same) apply(now.log);
}

void Threads::watch_files() {
    const WatchedFiles watched = watched_files(current_->host());
    file_watch_.follow(watched.files, watched.folders);
}

void Threads::changed(const std::vector<std::filesystem::path>& files) {
    using What = report::ReloadOrder::What;
    const auto& keys_file = current_->host().config.keys_file;
    const bool keys = std::ranges::find(files, keys_file) != files.end();
    const bool only_keys = keys && files.size() == 1;
    const auto reload = [this](const std::filesystem::path& file, What what) {
        process_.reload({.by = file.string() + " has changed", .what = what}, {});
    };
    // The keys first and by themselves: a mistake elsewhere, or what takes its time, must not leave
    // a key good that was revoked.
    if (keys) reload(keys_file, What::keys);
    if (!only_keys && !process_.followed) reload(files.back(), What::everything);
}

// ---- another host -------------------------------------------------------------------------------

report::UpgradeReport Threads::upgrade(const Generation& current, std::string_view by,
                                       const std::function<void()>& meanwhile) {
    std::expected<pid_t, std::string> process = Refusal("");
    upgrades_ = true;
    try {
        process = try_upgrade(current, by, meanwhile);
    } catch (const std::exception& error) {
        process = Refusal(error.what());  // a lack of memory, most likely
    }
    upgrades_ = false;
    if (process) return {.process = *process};
    observe::error("{}: no upgrade, and this host goes on: {}", by, process.error());
    return {.fault = process.error()};
}

std::expected<pid_t, std::string> Threads::try_upgrade(const Generation& current,
                                                       std::string_view by,
                                                       const std::function<void()>& meanwhile) {
    if (process_.followed) return Refusal("another host has taken over from this one already");
    if (process_.draining) return Refusal("the host is about to end");
    if (const auto refusal = why_not_to_end()) return Refusal(*refusal);
    auto parts = parts_of_upgrade(current);
    if (!parts) return Refusal(parts.error());
    parts->meanwhile = meanwhile;
    observe::info("{}: a new host is started, to take over", by);
    auto next = serve::upgrade(*parts);
    if (!next) return Refusal(next.error());
    const pid_t process = next->id();
    next->live_on();
    process_.followed = true;
    observe::info("{}: process {} has taken over, and this host finishes its calls", by, process);
    tell_service_manager(fmt::format("MAINPID={}\nREADY=1", process));
    leave(*std::move(next));
    return process;
}

std::expected<UpgradeParts, std::string> Threads::parts_of_upgrade(const Generation& current) {
    std::vector<Descriptor> sockets;
    for (const auto& worker : workers_) {
        if (auto shared = share_sockets(*worker, sockets); !shared) return Refusal(shared.error());
    }
    const std::size_t api = sockets.size();
    if (auto shared = share_sockets(admin_, sockets); !shared) return Refusal(shared.error());
    const auto& ledger = current.running().ledger;
    return UpgradeParts{.welcome = {.handover = ledger::k_handover_version,
                                    .api = api,
                                    .admin = sockets.size() - api,
                                    .api_inherited = process_.api_inherited,
                                    .admin_inherited = process_.admin_inherited},
                        .sockets = std::move(sockets),
                        .ledger_config = current.host().config.ledger,
                        .ledger = ledger ? ledger->movable() : nullptr,
                        .gives_up = [this] { return process_.draining.load(); },
                        .meanwhile = {}};
}

std::expected<void, std::string> Threads::share_sockets(Worker& worker,
                                                        std::vector<Descriptor>& sockets) {
    const auto shared = std::make_shared<std::promise<std::vector<Descriptor>>>();
    auto copies = shared->get_future();
    worker.share_sockets(
        [shared](std::vector<Descriptor> all) { shared->set_value(std::move(all)); });
    // The threads of a host that has begun to end may not answer any more.
    while (copies.wait_for(k_look_again) != std::future_status::ready) {
        if (process_.draining) return Refusal("the host is about to end");
    }
    for (auto& copy : copies.get()) {
        if (!copy) return Refusal("no descriptor is left for the sockets; try again later");
        sockets.push_back(std::move(copy));
    }
    return {};
}

// The new host has the sockets. Whoever is connected here is still served. Nothing hurries those
// calls more than a reload does.
void Threads::leave(Successor next) {
    const auto all = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(workers_.size() + 1));
    const auto done = [all] { all->count_down(); };
    for (const auto& worker : workers_) worker->stop_listening(done);
    admin_.stop_listening(done);
    while (!all->try_wait() && !process_.draining) std::this_thread::sleep_for(k_look_again);
    boost::asio::post(signal_loop_, [this, next = std::make_shared<Successor>(std::move(next))] {
        if (before_) before_->tell_followed(next->id());
        watch(next);
        if (process_.draining.exchange(true)) return;
        const config::Server& server = current_->host().config.server;
        const auto longest =
            std::max({server.reload_drain.count() == 0 ? k_for_ever : server.reload_drain,
                      server.drain, server.drain_streams.value_or(server.drain)});
        drain("another host has taken over", {.calls = longest, .streams = longest});
    });
}

// A new host that ends now, before another one has followed it, leaves nobody who accepts calls.
// Whoever supervises this one starts another when this one has ended.
void Threads::watch(const std::shared_ptr<Successor>& next) {
    if (next->ended() < 0) return;
    successor_ended_.assign(dup(next->ended()));
    successor_ended_.async_wait(
        boost::asio::posix::descriptor_base::wait_read,
        [this, next](boost::system::error_code cancelled) {
            if (cancelled) return;
            const auto follower = next->followed_by();
            const std::string how = next->end(k_look_again);
            if (follower) {
                return observe::warn(
                    "{}, after process {} had taken over from it, which serves; calls that are "
                    "left here end without the ledger",
                    how, *follower);
            }
            observe::error(
                "{}; nobody accepts calls now, and this host only finishes its own: "
                "start a host",
                how);
            drain("the new host has ended", times_of_end());
        });
}

// ---- the end ------------------------------------------------------------------------------------

void Threads::begin_end(std::string_view signal) {
    const std::string received = fmt::format("{} received", signal);
    if (process_.followed) return drain(received, times_of_end());
    process_.draining = true;
    tell_service_manager("STOPPING=1");
    const auto grace = current_->host().config.server.shutdown_grace;
    if (grace.count() == 0) return end_calls(received);
    observe::info("{}: no longer ready, but taking calls for another {:g} s; again to stop at once",
                  received, seconds_of(grace));
    grace_.set(net::Alarm::Clock::now() + grace, [this] { end_calls("the grace time is over"); });
}

// An upgrade comes to nothing now, soon. Calls that end before it has may have no ledger to settle.
void Threads::end_calls(const std::string& why) {
    if (!upgrades_) return drain(why, times_of_end());
    grace_.set(net::Alarm::Clock::now() + k_look_again, [this, why] { end_calls(why); });
}

DrainTimes Threads::times_of_end() const {
    const config::Server& server = current_->host().config.server;
    return {.calls = server.drain, .streams = server.drain_streams.value_or(server.drain)};
}

// On the thread of the signals; a second time, with less time for what is left.
void Threads::drain(std::string_view why, DrainTimes times) {
    const std::string streams = times.streams == times.calls
                                    ? ""
                                    : fmt::format(", streams {:g} s", seconds_of(times.streams));
    observe::info("{}: finishing calls in flight (at most {:g} s{}){}", why,
                  seconds_of(times.calls), streams,
                  process_.followed ? "" : "; again to stop at once");
    drained_at_latest_ = std::chrono::steady_clock::now() + std::max(times.calls, times.streams);
    for (const auto& worker : workers_) worker->drain(times);
    // Those of earlier configs were told when they were replaced.
    for (const auto& provider : plugin::all_of(current_->host().registry)) {
        provider->service->notice(BW_NOTICE_DRAIN);
    }
}

void Threads::stop() {
    stopped_ = true;
    grace_.cancel();
    for (const auto& worker : workers_) worker->stop();
}

void Threads::join() {
    for (const auto& worker : workers_) worker->join();
    wait_for_relay();
}

// The calls of the host before this one have the ledger from here. A host that another one follows
// waits for them as long as they last; one that ends, as long as for its own.
void Threads::wait_for_relay() {
    const auto is_late = [this] {
        return !process_.followed && std::chrono::steady_clock::now() >= drained_at_latest_.load();
    };
    while (relays_ && !stopped_ && !is_late()) std::this_thread::sleep_for(k_look_again);
}

void Threads::join_others() {
    admin_.drain({.calls = k_admin_ends_within, .streams = k_admin_ends_within});
    admin_.join();
    signal_loop_.stop();
    signal_thread_.join();
}

}  // namespace bellwether::serve
