#include "serve/server.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "observe/log.hpp"
#include "serve/descriptors.hpp"
#include "serve/service_manager.hpp"
#include "serve/worker.hpp"

namespace bw::serve {
namespace {

constexpr int k_backlog = 4096;

using Refusal = std::unexpected<std::string>;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::expected<Address, std::string> resolve(const config::Server& server) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error =
        getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
    if (error != 0) {
        return Refusal(
            fmt::format("cannot resolve listen address {}: {}", server.host, gai_strerror(error)));
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

// One listening socket a worker, all on the same port. A first, unshared bind makes a second host
// on the port an error instead of a silent partner.
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

std::string url_of(const config::Server& server, const Address& address) {
    const bool v6 = address.storage.ss_family == AF_INET6;
    return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", server.host, v6 ? "]" : "",
                       port_of(address));
}

using Workers = std::vector<std::unique_ptr<Worker>>;

void end_on_signals(boost::asio::signal_set& signals, const Workers& workers,
                    std::chrono::milliseconds limit) {
    signals.async_wait([&signals, &workers, limit](boost::system::error_code error, int signal) {
        if (error) return;
        observe::info(
            "{} received: finishing calls in flight (at most {} s); again to stop at once",
            signal == SIGINT ? "SIGINT" : "SIGTERM", limit.count() / 1000);
        tell_service_manager("STOPPING=1");
        for (const auto& worker : workers) worker->drain(limit);
        signals.async_wait([&workers](boost::system::error_code second, int) {
            if (second) return;
            for (const auto& worker : workers) worker->stop();
        });
    });
}

}  // namespace

std::expected<void, std::string> run(const Host& host,
                                     const std::function<void(const std::string&)>& ready) {
    const config::Server& server = host.config.server;
    auto address = resolve(server);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, worker_count(server));
    if (!sockets) {
        return Refusal(
            fmt::format("cannot listen on {}:{}: {}", server.host, server.port, sockets.error()));
    }
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit(server.front.connections_max);
    // Never destroyed: a signal that comes while the process is ending must not kill it.
    static auto& signal_loop = *new boost::asio::io_context(1);
    static auto& signals = *new boost::asio::signal_set(signal_loop, SIGINT, SIGTERM);
    Connections connections(server.front.connections_max, server.front.connections_per_client_max);
    Workers workers;
    for (int socket : *sockets) {
        workers.push_back(std::make_unique<Worker>(host, socket, connections));
    }
    end_on_signals(signals, workers, server.drain);
    for (const auto& worker : workers) worker->start();
    std::thread signal_thread([] { signal_loop.run(); });
    ready(url_of(server, *address));
    for (const auto& worker : workers) worker->join();
    signal_loop.stop();
    signal_thread.join();
    return {};
}

}  // namespace bw::serve
