#include "serve/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace bellwether::serve {
namespace {

const sockaddr_in& v4(const Address& address) {
    return reinterpret_cast<const sockaddr_in&>(address.storage);
}

const sockaddr_in6& v6(const Address& address) {
    return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

}  // namespace

std::uint16_t Address::port() const {
    return ntohs(is_v6() ? v6(*this).sin6_port : v4(*this).sin_port);
}

std::expected<Address, std::string> resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) {
        return std::unexpected(
            fmt::format("cannot resolve listen address {}: {}", host, gai_strerror(error)));
    }
    Address address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.length = found->ai_addrlen;
    freeaddrinfo(found);
    return address;
}

std::optional<Address> address_of(int socket) {
    Address address;
    address.length = sizeof(address.storage);
    auto* const raw = reinterpret_cast<sockaddr*>(&address.storage);
    if (getsockname(socket, raw, &address.length) != 0) return std::nullopt;
    const bool ip = address.storage.ss_family == AF_INET || address.storage.ss_family == AF_INET6;
    return ip ? std::optional(address) : std::nullopt;
}

bool is_at(const Address& bound, const Address& wanted) {
    if (bound.storage.ss_family != wanted.storage.ss_family) return false;
    if (wanted.port() != 0 && wanted.port() != bound.port()) return false;
    if (!bound.is_v6()) return v4(bound).sin_addr.s_addr == v4(wanted).sin_addr.s_addr;
    return std::memcmp(&v6(bound).sin6_addr, &v6(wanted).sin6_addr, sizeof(in6_addr)) == 0;
}

std::string to_string(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const ip = address.is_v6() ? static_cast<const void*>(&v6(address).sin6_addr)
                                           : static_cast<const void*>(&v4(address).sin_addr);
    inet_ntop(address.storage.ss_family, ip, text.data(), text.size());
    return fmt::format("{}{}{}:{}", address.is_v6() ? "[" : "", text.data(),
                       address.is_v6() ? "]" : "", address.port());
}

}  // namespace bellwether::serve
