// Opens the sockets on which the host listens, or takes those that were opened for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
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

// What sockets are bound for. On a trial nobody can connect to them, and they only show that their
// address can be had.
enum class BoundFor : std::uint8_t { clients, trial };

// Opens one socket a worker, all on one port. `own_ports`: on which the host listens already.
// The error is a sentence.
std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             std::span<const std::uint16_t> own_ports,
                                             BoundFor what = BoundFor::clients);
// Opens one socket, or none if the admin listener is off.
std::expected<Listening, std::string> listen(const config::Admin& admin,
                                             std::span<const std::uint16_t> own_ports,
                                             BoundFor what = BoundFor::clients);

// The listeners that have another address in a new config, each with its sockets.
struct MovedListeners {
    std::optional<Listening> api;
    std::optional<Listening> admin;
};
// Opens them. The error is a sentence, and then neither is open.
std::expected<MovedListeners, std::string> listen_anew(const config::Config& now,
                                                       const config::Config& before,
                                                       std::size_t workers,
                                                       std::span<const std::uint16_t> own_ports,
                                                       BoundFor what);

// Takes sockets that were inherited. They must be where the config says: who may call, and by which
// names, is checked of that address. Where there are fewer than workers, several share one.
std::expected<Listening, std::string> listen(const config::Server& server, std::size_t workers,
                                             Sockets inherited);
std::expected<Listening, std::string> listen(const config::Admin& admin, Sockets inherited);

}  // namespace bellwether::serve
