#include "serve/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <latch>
#include <memory>
#include <span>
#include <thread>

#include "config/quantity.hpp"
#include "net/alarm.hpp"
#include "observe/log.hpp"
#include "pages/admin.hpp"
#include "pages/metrics_page.hpp"
#include "pages/surface.hpp"
#include "serve/chores.hpp"
#include "serve/file_watch.hpp"
#include "serve/listening.hpp"
#include "serve/log_settings.hpp"
#include "serve/service_manager.hpp"
#include "serve/signals.hpp"
#include "serve/watched_files.hpp"
#include "serve/worker.hpp"

namespace bellwether::serve {
namespace {

constexpr std::size_t k_admin_connections_max = 64;
constexpr std::chrono::milliseconds k_look_again{1};
constexpr std::chrono::milliseconds k_reload_ends_within{3'000};

using Refusal = std::unexpected<std::string>;
using GenerationPtr = std::shared_ptr<const Generation>;

std::size_t worker_count(const config::Server& server) {
    return server.workers != 0 ? server.workers : std::max(1u, std::thread::hardware_concurrency());
}

front::Surface api_surface(const Generation& generation) {
    const front::Host& host = generation.host();
    return {.pages = pages::answer_for,
            .loopback = config::is_loopback(host.config.server.host),
            .keys = &host.keys,
            .keyless = pages::is_health,
            .origins = &host.config.server.front.cors_origins,
            .body_room = &generation.running().process.body_room};
}

front::Surface admin_surface(const Generation&) { return {.pages = pages::admin_surface}; }

double seconds_of(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

void run_signals_and_chores(boost::asio::io_context& loop) {
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

// The threads of a running host, and how a generation comes to all of them.
class Threads {
  public:
    Threads(boost::asio::io_context& signal_loop, front::Process& process,
            const ConnectionRoom& room, const GenerationPtr& generation)
        : signal_loop_(signal_loop),
          process_(process),
          connections_(room.served,
                       generation->host().config.server.front.connections_per_client_max,
                       room.refused),
          admin_connections_(std::min(k_admin_connections_max, room.served), 0, room.refused),
          unmeasured_(process.metrics.names()),
          admin_(generation, admin_surface, unmeasured_, admin_connections_),
          chores_(signal_loop),
          file_watch_(signal_loop, [this](const auto& files) { changed(files); }),
          grace_(signal_loop),
          current_(generation) {
        for (std::size_t i = 0; i < worker_count(generation->host().config.server); ++i) {
            workers_.push_back(std::make_unique<Worker>(generation, api_surface,
                                                        process_.metrics.worker(i), connections_));
        }
        chores_.follow(generation);
        watch();
    }

    std::expected<void, std::string> listen(InheritedSockets inherited, const Ready& ready) {
        const auto& config = current_->host().config;
        constexpr std::span<const std::uint16_t> no_ports;
        process_.api_inherited = !inherited.api.empty();
        process_.admin_inherited = !inherited.admin.empty();
        auto api = process_.api_inherited
                       ? serve::listen(config.server, workers_.size(), std::move(inherited.api))
                       : serve::listen(config.server, workers_.size(), no_ports);
        if (!api) return Refusal(api.error());
        auto admin = process_.admin_inherited
                         ? serve::listen(config.admin, std::move(inherited.admin))
                         : serve::listen(config.admin, no_ports);
        if (!admin) return Refusal(admin.error());
        api_port_ = api->port();
        admin_port_ = admin->port();
        const auto shares = api->take(workers_.size());
        for (std::size_t i = 0; i < shares.size(); ++i) workers_[i]->listen(shares[i]);
        admin_.listen(admin->take(1).front());
        tell_ready_ = [ready, url = api->url(), admin_url = admin->url()] {
            ready(url, admin_url);
        };
        return {};
    }

    void start() {
        for (const auto& worker : workers_) worker->start();
        // The admin worker outlives the others, so that an operator can watch them drain. Its
        // connections do not count in the metrics.
        admin_.start();
        signal_thread_ = std::thread([this] { run_signals_and_chores(signal_loop_); });
        tell_ready_();
    }

    // On the thread of the reloads. Opens what the new config listens on, before anything changes.
    std::expected<void, std::string> adopt(const GenerationPtr& now, const Generation& before) {
        const config::Config& then = before.host().config;
        const config::Config& config = now->host().config;
        const bool moves =
            config.server.host != then.server.host || config.server.port != then.server.port;
        const bool admin_moves = config.admin.on != then.admin.on ||
                                 config.admin.host != then.admin.host ||
                                 config.admin.port != then.admin.port;
        const std::array own_ports{api_port_, admin_port_};
        auto api = moves ? serve::listen(config.server, workers_.size(), own_ports) : Listening();
        if (!api) return Refusal(api.error());
        auto admin = admin_moves ? serve::listen(config.admin, own_ports) : Listening();
        if (!admin) return Refusal(admin.error());
        apply_settings(config, then);
        process_.metrics.add_names(pages::metric_names(now->host()));
        if (moves) api_port_ = api->port();
        if (admin_moves) admin_port_ = admin->port();
        if (moves) observe::info("listening on {}", api->url());
        if (admin_moves && !admin->url().empty()) observe::info("admin on {}", admin->url());
        auto shares = api->take(workers_.size());
        auto admin_share = admin->take(1);
        const auto all =
            std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(workers_.size() + 2));
        const auto done = [all] { all->count_down(); };
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            workers_[i]->adopt(now, moves ? std::optional(std::move(shares[i])) : std::nullopt,
                               done);
        }
        admin_.adopt(
            now, admin_moves ? std::optional(std::move(admin_share.front())) : std::nullopt, done);
        boost::asio::post(signal_loop_, [this, now, done] {
            current_ = now;
            chores_.follow(now);
            watch();
            done();
        });
        // The threads of a host that has begun to end may not answer any more.
        while (!all->try_wait() && !process_.draining) std::this_thread::sleep_for(k_look_again);
        return {};
    }

    // On the thread of the signals. Whoever sends calls here learns from the health paths that the
    // host is about to end, and has the grace time to send them elsewhere.
    void begin_end(std::string_view signal) {
        process_.draining = true;
        tell_service_manager("STOPPING=1");
        const auto grace = current_->host().config.server.shutdown_grace;
        if (grace.count() == 0) return drain(fmt::format("{} received", signal));
        observe::info(
            "{} received: no longer ready, but taking calls for another {:g} s; again to stop at "
            "once",
            signal, seconds_of(grace));
        grace_.set(net::Alarm::Clock::now() + grace, [this] { drain("the grace time is over"); });
    }
    void stop() {
        grace_.cancel();
        for (const auto& worker : workers_) worker->stop();
    }

    // Waits for the workers' end.
    void join() {
        for (const auto& worker : workers_) worker->join();
    }
    void join_others() {
        admin_.stop();
        admin_.join();
        signal_loop_.stop();
        signal_thread_.join();
    }

  private:
    // On the thread of the signals.
    void drain(std::string_view why) {
        const config::Server& server = current_->host().config.server;
        const DrainTimes times{.calls = server.drain,
                               .streams = server.drain_streams.value_or(server.drain)};
        observe::info("{}: finishing calls in flight (at most {:g} s{}); again to stop at once",
                      why, seconds_of(times.calls),
                      times.streams == times.calls
                          ? ""
                          : fmt::format(", streams {:g} s", seconds_of(times.streams)));
        for (const auto& worker : workers_) worker->drain(times);
        for (const auto& provider : current_->host().registry.providers) {
            provider->service->notice(BW_NOTICE_DRAIN);
        }
        for (const auto& [name, canary] : current_->host().registry.canaries) {
            if (canary.provider) canary.provider->service->notice(BW_NOTICE_DRAIN);
        }
    }
    void watch() {
        const WatchedFiles watched = watched_files(current_->host());
        file_watch_.follow(watched.files, watched.folders);
    }
    void changed(const std::vector<std::filesystem::path>& files) {
        using What = report::ReloadOrder::What;
        const auto& keys_file = current_->host().config.keys_file;
        const bool only_keys = files.size() == 1 && files.front() == keys_file;
        process_.reload({.by = files.back().string() + " has changed",
                         .what = only_keys ? What::keys : What::everything},
                        {});
    }
    void apply_settings(const config::Config& now, const config::Config& before) {
        const config::Front& limits = now.server.front;
        if (limits.connections_max != before.server.front.connections_max ||
            limits.connections_per_client_max != before.server.front.connections_per_client_max) {
            const ConnectionRoom room = prepare_descriptors(limits.connections_max);
            connections_.set_limits(room.served, limits.connections_per_client_max);
        }
        process_.body_room.set_max(now.server.bodies_bytes_max);
        // A level that an operator has set meanwhile stays, unless the config changes.
        const bool same = now.log.level == before.log.level &&
                          now.log.format == before.log.format &&
                          now.log.access == before.log.access;
        if (!same) apply(now.log);
    }

    boost::asio::io_context& signal_loop_;
    front::Process& process_;
    front::Connections connections_;
    front::Connections admin_connections_;
    observe::WorkerMetrics unmeasured_;
    std::vector<std::unique_ptr<Worker>> workers_;
    Worker admin_;
    Chores chores_;
    FileWatch file_watch_;
    net::Alarm grace_;       // its end, while the host is about to end and still takes calls
    GenerationPtr current_;  // of the thread of the signals
    std::uint16_t api_port_ = 0;
    std::uint16_t admin_port_ = 0;
    std::function<void()> tell_ready_;
    std::thread signal_thread_;
};

}  // namespace

std::expected<void, std::string> run(front::Host host, Load load, const ConnectionRoom& room,
                                     InheritedSockets inherited, const Ready& ready) {
    // The loop is never destroyed, as watch_signals demands.
    static auto& signal_loop = *new boost::asio::io_context(1);
    std::unique_ptr<front::Process> process(
        new front::Process{.metrics = {pages::metric_names(host), worker_count(host.config.server)},
                           .body_room = front::BodyRoom(host.config.server.bodies_bytes_max)});
    auto reloader = std::make_unique<Reloader>(*process, std::move(load));
    process->reload = [&reloader = *reloader](report::ReloadOrder order,
                                              report::OnReload on_report) {
        reloader.ask(std::move(order), std::move(on_report));
    };
    auto made = Generation::make(std::move(host), *process, nullptr);
    if (!made) return Refusal(made.error());
    GenerationPtr first = reloader->keep(*std::move(made));
    Threads threads(signal_loop, *process, room, first);
    const auto listening = threads.listen(std::move(inherited), ready);
    if (!listening) return listening;
    watch_signals(signal_loop, {.end = [&](std::string_view name) { threads.begin_end(name); },
                                .stop = [&] { threads.stop(); },
                                .reload =
                                    [&](std::string_view name) {
                                        tell_of_reload();
                                        reloader->ask({.by = std::string(name)},
                                                      [](const report::ReloadReport&) {
                                                          tell_service_manager("READY=1");
                                                      });
                                    }});
    reloader->start(std::exchange(first, nullptr),
                    [&threads](const GenerationPtr& now, const Generation& before) {
                        return threads.adopt(now, before);
                    });
    threads.start();
    threads.join();
    const bool has_ended = reloader->end(k_reload_ends_within);
    threads.join_others();
    if (!has_ended) {
        observe::warn("a reload that hangs is not waited for");
        static_cast<void>(reloader.release());
        static_cast<void>(process.release());
    }
    return {};
}

}  // namespace bellwether::serve
