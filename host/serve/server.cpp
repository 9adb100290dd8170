#include "serve/server.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "config/quantity.hpp"
#include "ledger/open_store.hpp"
#include "net/client.hpp"
#include "observe/log.hpp"
#include "pages/admin.hpp"
#include "pages/metrics_page.hpp"
#include "pages/surface.hpp"
#include "policy/upstreams/probes.hpp"
#include "report/live_target.hpp"
#include "serve/memory_return.hpp"
#include "serve/service_manager.hpp"
#include "serve/signals.hpp"
#include "serve/worker.hpp"

namespace bellwether::serve {
namespace {

constexpr int k_backlog = 4096;
constexpr std::size_t k_admin_connections_max = 64;

using Refusal = std::unexpected<std::string>;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::expected<Address, std::string> resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) {
        return Refusal(
            fmt::format("cannot resolve listen address {}: {}", host, gai_strerror(error)));
    }
    Address address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.length = found->ai_addrlen;
    freeaddrinfo(found);
    return address;
}

std::expected<int, std::string> bind_socket(const Address& address, bool shared) {
    const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Refusal(std::strerror(errno));
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
    if (bind(fd, raw, address.length) != 0 || listen(fd, k_backlog) != 0) {
        const std::string reason = std::strerror(errno);
        close(fd);
        return Refusal(reason);
    }
    return fd;
}

std::uint16_t port_of(const Address& address) {
    return ntohs(address.storage.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port
                     : reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

// Opens one listening socket for each worker, all on the same port. The first bind does not share
// the port, so that another host on it is an error; otherwise the two would silently divide the
// clients.
std::expected<std::vector<int>, std::string> listen_all(Address& address, unsigned count) {
    if (port_of(address) != 0) {
        const auto probe = bind_socket(address, false);
        if (!probe) return Refusal(probe.error());
        close(*probe);
    }
    std::vector<int> sockets;
    for (unsigned i = 0; i < count; ++i) {
        const auto fd = bind_socket(address, true);
        if (!fd) {
            for (int open : sockets) close(open);
            return Refusal(fd.error());
        }
        sockets.push_back(*fd);
        address.length = sizeof(address.storage);
        getsockname(*fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    }
    return sockets;
}

unsigned worker_count(const config::Server& server) {
    return server.workers != 0 ? server.workers : std::max(1u, std::thread::hardware_concurrency());
}

std::string url_of(const std::string& host, const Address& address) {
    const bool v6 = address.storage.ss_family == AF_INET6;
    return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port_of(address));
}

struct Listening {
    std::string url;           // empty: nothing listens
    std::vector<int> sockets;  // one a worker
};

std::expected<Listening, std::string> listen(const config::Server& server) {
    auto address = resolve(server.host, server.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, worker_count(server));
    if (!sockets) {
        return Refusal(
            fmt::format("cannot listen on {}:{}: {}", server.host, server.port, sockets.error()));
    }
    return Listening{url_of(server.host, *address), std::move(*sockets)};
}

std::expected<Listening, std::string> listen(const config::Admin& admin) {
    if (!admin.on) return Listening{};
    auto address = resolve(admin.host, admin.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, 1);
    if (!sockets) {
        return Refusal(fmt::format(
            "cannot listen on {}:{} for the admin listener: {}. Another host may be running here: "
            "give each its own address in admin.listen, or turn it off with admin.listen = \"off\"",
            admin.host, admin.port, sockets.error()));
    }
    return Listening{url_of(admin.host, *address), std::move(*sockets)};
}

// What is done beside the calls, on the thread of the signals.
struct Chores {
    Chores(boost::asio::io_context& loop, const front::Host& host, const front::Running& running)
        : memory_return(loop),
          client(loop),
          probes(loop, client, host.config, host.registry, host.routes.targets(),
                 *running.upstreams) {}

    MemoryReturn memory_return;
    net::Client client;
    policy::Probes probes;
};

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

using Workers = std::vector<std::unique_ptr<Worker>>;

void begin_end(std::string_view signal, front::Running& running, const Workers& workers,
               std::chrono::milliseconds limit) {
    running.draining = true;
    observe::info("{} received: finishing calls in flight (at most {:g} s); again to stop at once",
                  signal, std::chrono::duration<double>(limit).count());
    tell_service_manager("STOPPING=1");
    for (const auto& worker : workers) worker->drain(limit);
}

void tell_services_to_drain(const plugin::Registry& registry) {
    for (const auto& provider : registry.providers) provider->service->notice(BW_NOTICE_DRAIN);
}

// The log says when a target goes out of service or comes back.
std::unique_ptr<policy::Upstreams> make_upstreams(const front::Host& host) {
    const auto& names = host.routes.targets();
    const auto tell = [&host, &names](const route::TargetStates::Change& change) {
        const auto level = change.out ? LogLevel::warn : LogLevel::info;
        observe::log(level, report::change_text(host.config, names[change.id], change));
    };
    return std::make_unique<policy::Upstreams>(host.config, names.size(), tell);
}

std::expected<void, std::string> open_ledger(const config::Config& config,
                                             front::Running& running) {
    auto opened = ledger::open_store(config.ledger);
    if (!opened) return Refusal(opened.error().message);
    running.ledger = *std::move(opened);
    if (running.ledger) {
        running.budget_watch = std::make_unique<report::BudgetWatch>(config, *running.ledger);
    }
    return {};
}

}  // namespace

std::expected<void, std::string> run(const front::Host& host, const ConnectionRoom& room,
                                     const Ready& ready) {
    auto api = listen(host.config.server);
    if (!api) return Refusal(api.error());
    auto admin = listen(host.config.admin);
    if (!admin) return Refusal(admin.error());
    const config::Front& limits = host.config.server.front;
    // The loop is never destroyed, as watch_signals demands.
    static auto& signal_loop = *new boost::asio::io_context(1);
    front::Connections connections(room.served, limits.connections_per_client_max, room.refused);
    front::Running running{
        .metrics = {pages::metric_names(host), api->sockets.size()},
        .warnings = std::make_unique<policy::Warnings>(host.config),
        .webhook_counts = std::make_unique<policy::WebhookCounts>(host.webhooks.size()),
        .upstreams = make_upstreams(host),
        .waiting = std::make_unique<policy::WaitingCounts>(host.config),
        .ledger = nullptr,
        .budget_watch = nullptr,
        .body_room = std::make_unique<front::BodyRoom>(host.config.server.bodies_bytes_max)};
    if (auto opened = open_ledger(host.config, running); !opened) return opened;
    const front::Surface surface{.pages = pages::answer_for,
                                 .loopback = config::is_loopback(host.config.server.host),
                                 .keys = &host.keys,
                                 .keyless = pages::is_health,
                                 .origins = &host.config.server.front.cors_origins,
                                 .body_room = running.body_room.get()};
    Workers workers;
    for (std::size_t i = 0; i < api->sockets.size(); ++i) {
        workers.push_back(std::make_unique<Worker>(host, running, running.metrics.worker(i),
                                                   connections,
                                                   Listener{api->sockets[i], surface}));
    }
    // The admin worker outlives the others, so that an operator can watch them drain. Its
    // connections do not count in the metrics.
    observe::WorkerMetrics unmeasured(running.metrics.names());
    front::Connections admin_connections(std::min(k_admin_connections_max, room.served), 0,
                                         room.refused);
    std::unique_ptr<Worker> admin_worker;
    if (!admin->url.empty()) {
        admin_worker =
            std::make_unique<Worker>(host, running, unmeasured, admin_connections,
                                     Listener{admin->sockets.front(), {pages::admin_surface}});
    }
    watch_signals(signal_loop, {.end =
                                    [&](std::string_view name) {
                                        begin_end(name, running, workers, host.config.server.drain);
                                        tell_services_to_drain(host.registry);
                                    },
                                .stop =
                                    [&workers] {
                                        for (const auto& worker : workers) worker->stop();
                                    }});
    Chores chores(signal_loop, host, running);
    for (const auto& worker : workers) worker->start();
    if (admin_worker) admin_worker->start();
    std::thread signal_thread([] { run_signals_and_chores(signal_loop); });
    ready(api->url, admin->url);
    for (const auto& worker : workers) worker->join();
    if (admin_worker) {
        admin_worker->stop();
        admin_worker->join();
    }
    signal_loop.stop();
    signal_thread.join();
    return {};
}

}  // namespace bellwether::serve
