// Opens the sockets on which the host listens, or takes those that were opened for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "serve/sockets.hpp"

namespace bellwether::serve {

// Sockets that are bound and listening at one address.
class Listening {
  public:
    Listening() = default;  // nothing listens
    Listening(std::string url, std::uint16_t port, Sockets sockets)
        : url_(std::move(url)), port_(port), sockets_(std::move(sockets)) {}

    const std::string& url() const { return url_; }  // empty: nothing listens
    std::uint16_t port() const { return port_; }
    // Gives each worker its share of the sockets, at least one if there are as many as workers.
    std::vector<std::vector<int>> take(std::size_t workers);

  private:
    std::string url_;
    std::uint16_t port_ = 0;
    Sockets sockets_;
};

// Opens one socket a worker, all on one port. `own_ports`: on which the host listens already.
// The error is a sentence.
std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             std::span<const std::uint16_t> own_ports);
// Opens one socket, or none if the admin listener is off.
std::expected<Listening, std::string> listen(const config::Admin& admin,
                                             std::span<const std::uint16_t> own_ports);

// Takes sockets that were inherited. They must be where the config says: who may call, and by which
// names, is checked of that address. Where there are fewer than workers, several share one.
std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             Sockets inherited);
std::expected<Listening, std::string> listen(const config::Admin& admin, Sockets inherited);

}  // namespace bellwether::serve
