#include "serve/listening.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "serve/address.hpp"

namespace bellwether::serve {
namespace {

constexpr int k_backlog = 4096;
using Refusal = std::unexpected<std::string>;

std::expected<int, std::string> bind_socket(const Address& address, bool shared, BoundFor what) {
    const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Refusal(std::strerror(errno));
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    const bool listens = what == BoundFor::clients;
    if (bind(fd, address.raw(), address.length) != 0 || (listens && ::listen(fd, k_backlog) != 0)) {
        const std::string reason = std::strerror(errno);
        close(fd);
        return Refusal(reason);
    }
    return fd;
}

// Opens one listening socket for each worker, all on the same port. The first bind does not share
// the port, so that another host on it is an error; otherwise the two would silently divide the
// clients. Only if this host itself is on that port, the first bind cannot tell.
std::expected<Sockets, std::string> listen_all(const Address& wanted, std::size_t count,
                                               std::span<const std::uint16_t> own_ports,
                                               BoundFor what) {
    const bool is_own = std::ranges::find(own_ports, wanted.port()) != own_ports.end();
    if (wanted.port() != 0 && !is_own) {
        const auto probe = bind_socket(wanted, false, what);
        if (!probe) return Refusal(probe.error());
        close(*probe);
    }
    Sockets sockets;
    for (Address address = wanted; sockets.size() < count;) {
        const auto fd = bind_socket(address, true, what);
        if (!fd) return Refusal(fd.error());
        sockets.add(*fd);
        address = address_of(*fd).value_or(address);
    }
    return sockets;
}

Listening listening(const std::string& host, Sockets sockets) {
    const Address address = address_of(sockets[0]).value_or(Address());
    const bool v6 = address.is_v6();
    std::string url =
        fmt::format("http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", address.port());
    return {std::move(url), address.port(), std::move(sockets)};
}

// `key` is the name of the listener's address in the config.
std::expected<void, std::string> check_place(const Sockets& sockets, std::string_view key,
                                             const Address& wanted) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        const auto bound = address_of(sockets[i]);
        if (bound && is_at(*bound, wanted)) continue;
        return Refusal(fmt::format(
            "a socket was inherited that listens on {}, but {} is {}: give both the same address, "
            "or name the socket \"{}\" if it is for the other listener (FileDescriptorName=)",
            bound ? to_string(*bound) : "nothing", key, to_string(wanted),
            key == "admin.listen" ? "api" : "admin"));
    }
    return {};
}

}  // namespace

std::vector<std::vector<int>> Listening::take(std::size_t workers) {
    std::vector<std::vector<int>> shares(workers);
    const std::vector<int> all = sockets_.take();
    for (std::size_t i = 0; i < all.size(); ++i) shares[i % workers].push_back(all[i]);
    return shares;
}

std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             std::span<const std::uint16_t> own_ports,
                                             BoundFor what) {
    const auto address = resolve(server.host, server.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, workers, own_ports, what);
    if (!sockets) {
        return Refusal(
            fmt::format("cannot listen on {}:{}: {}", server.host, server.port, sockets.error()));
    }
    return listening(server.host, *std::move(sockets));
}

std::expected<Listening, std::string> listen(const config::Admin& admin,
                                             std::span<const std::uint16_t> own_ports,
                                             BoundFor what) {
    if (!admin.on) return Listening{};
    const auto address = resolve(admin.host, admin.port);
    if (!address) return Refusal(address.error());
    auto sockets = listen_all(*address, 1, own_ports, what);
    if (!sockets) {
        return Refusal(fmt::format(
            "cannot listen on {}:{} for the admin listener: {}. Another host may be running here: "
            "give each its own address in admin.listen, or turn it off with admin.listen = \"off\"",
            admin.host, admin.port, sockets.error()));
    }
    return listening(admin.host, *std::move(sockets));
}

std::expected<MovedListeners, std::string> listen_anew(const config::Config& now,
                                                       const config::Config& before,
                                                       std::size_t workers,
                                                       std::span<const std::uint16_t> own_ports,
                                                       BoundFor what) {
    MovedListeners moved;
    const config::Server& server = before.server;
    if (now.server.host != server.host || now.server.port != server.port) {
        auto api = listen(now.server, workers, own_ports, what);
        if (!api) return Refusal(api.error());
        moved.api = *std::move(api);
    }
    const config::Admin& admin = before.admin;
    if (now.admin.on != admin.on || now.admin.host != admin.host || now.admin.port != admin.port) {
        auto opened = listen(now.admin, own_ports, what);
        if (!opened) return Refusal(opened.error());
        moved.admin = *std::move(opened);
    }
    return moved;
}

std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             Sockets inherited) {
    const auto address = resolve(server.host, server.port);
    if (!address) return Refusal(address.error());
    if (const auto there = check_place(inherited, "server.listen", *address); !there) {
        return Refusal(there.error());
    }
    if (!inherited.duplicate(workers)) {
        return Refusal(fmt::format("cannot share the inherited socket: {}", std::strerror(errno)));
    }
    return listening(server.host, std::move(inherited));
}

std::expected<Listening, std::string> listen(const config::Admin& admin, Sockets inherited) {
    if (!admin.on) {
        return Refusal(
            "a socket for the admin listener was inherited, but admin.listen is \"off\": take the "
            "socket away, or give admin.listen its address");
    }
    const auto address = resolve(admin.host, admin.port);
    if (!address) return Refusal(address.error());
    if (const auto there = check_place(inherited, "admin.listen", *address); !there) {
        return Refusal(there.error());
    }
    return listening(admin.host, std::move(inherited));
}

}  // namespace bellwether::serve
