#include "serve/listening.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bellwether::serve {
namespace {

constexpr int k_backlog = 4096;
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
    if (bind(fd, raw, address.length) != 0 || ::listen(fd, k_backlog) != 0) {
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
// clients. Only if this host itself is on that port, the first bind cannot tell.
std::expected<std::vector<int>, std::string> listen_all(Address& address, unsigned count,
                                                        std::span<const std::uint16_t> own_ports) {
    const bool is_own = std::ranges::find(own_ports, port_of(address)) != own_ports.end();
    if (port_of(address) != 0 && !is_own) {
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

std::string url_of(const std::string& host, const Address& address) {
    const bool v6 = address.storage.ss_family == AF_INET6;
    return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port_of(address));
}

}  // namespace

Listening::~Listening() {
    for (const int socket : sockets_) close(socket);
}

std::vector<int> Listening::take() { return std::exchange(sockets_, {}); }

std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             std::span<const std::uint16_t> own_ports) {
    auto address = resolve(server.host, server.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, static_cast<unsigned>(workers), own_ports);
    if (!sockets) {
        return Refusal(
            fmt::format("cannot listen on {}:{}: {}", server.host, server.port, sockets.error()));
    }
    return Listening(url_of(server.host, *address), port_of(*address), std::move(*sockets));
}

std::expected<Listening, std::string> listen(const config::Admin& admin,
                                             std::span<const std::uint16_t> own_ports) {
    if (!admin.on) return Listening{};
    auto address = resolve(admin.host, admin.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, 1, own_ports);
    if (!sockets) {
        return Refusal(fmt::format(
            "cannot listen on {}:{} for the admin listener: {}. Another host may be running here: "
            "give each its own address in admin.listen, or turn it off with admin.listen = \"off\"",
            admin.host, admin.port, sockets.error()));
    }
    return Listening(url_of(admin.host, *address), port_of(*address), std::move(*sockets));
}

}  // namespace bellwether::serve
