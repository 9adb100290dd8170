// `Address` is where a socket is bound, or shall be.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace bellwether::serve {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
    bool is_v6() const { return storage.ss_family == AF_INET6; }
    std::uint16_t port() const;
};

// The error is a sentence.
std::expected<Address, std::string> resolve(const std::string& host, std::uint16_t port);
// Nothing: it is no socket of TCP/IP.
std::optional<Address> address_of(int socket);

// Whether a socket at `bound` is where `wanted` says; port 0 is any port.
bool is_at(const Address& bound, const Address& wanted);
std::string to_string(const Address& address);  // "127.0.0.1:4141", "[::1]:4141"

}  // namespace bellwether::serve
