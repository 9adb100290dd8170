// Opens the sockets on which the host listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace bellwether::serve {

// Sockets that are bound and listening, and closed by the destructor unless somebody takes them.
class Listening {
  public:
    Listening() = default;  // nothing listens
    Listening(std::string url, std::uint16_t port, std::vector<int> sockets)
        : url_(std::move(url)), port_(port), sockets_(std::move(sockets)) {}
    Listening(Listening&& other) noexcept
        : url_(std::move(other.url_)), port_(other.port_), sockets_(other.take()) {}
    Listening& operator=(Listening&&) = delete;
    ~Listening();

    const std::string& url() const { return url_; }  // empty: nothing listens
    std::uint16_t port() const { return port_; }
    std::vector<int> take();

  private:
    std::string url_;
    std::uint16_t port_ = 0;
    std::vector<int> sockets_;
};

// One socket a worker, all on one port. `own_ports`: on which the host listens already.
// The error is a sentence.
std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             std::span<const std::uint16_t> own_ports);
// One socket, or none if the admin listener is off.
std::expected<Listening, std::string> listen(const config::Admin& admin,
                                             std::span<const std::uint16_t> own_ports);

}  // namespace bellwether::serve
