// `Connections` counts the open client connections, in all and for each client address, and limits
// them. Shared by all workers; touched only when a connection is accepted and when it is closed.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <map>
#include <utility>

#include "base/mutex.hpp"

namespace bellwether::front {

class Connections;

// `ConnectionPlace` counts one connection as open for as long as the `ConnectionPlace` lives. An
// empty `ConnectionPlace` means that the connection must be closed without a word. With a
// `ConnectionPlace` beyond the limit the connection may only send a refusal.
class ConnectionPlace {
  public:
    using Client = std::array<unsigned char, 16>;  // an IPv4 address, or an IPv6 network of 64 bits

    ConnectionPlace() = default;
    ConnectionPlace(Connections& connections, const Client& client, bool beyond_limit)
        : connections_(&connections), client_(client), beyond_limit_(beyond_limit) {}
    ConnectionPlace(ConnectionPlace&& other) noexcept
        : connections_(std::exchange(other.connections_, nullptr)),
          client_(other.client_),
          beyond_limit_(other.beyond_limit_) {}
    ConnectionPlace& operator=(ConnectionPlace&&) = delete;
    ~ConnectionPlace();

    explicit operator bool() const { return connections_ != nullptr; }
    bool beyond_limit() const { return beyond_limit_; }

  private:
    Connections* connections_ = nullptr;
    Client client_{};
    bool beyond_limit_ = false;
};

class Connections {
  public:
    // `per_client_max` 0: no limit for each client. `refused_max`: how many connections beyond the
    // limit may be open at one time to send a refusal; further ones get none.
    Connections(std::size_t max, std::size_t per_client_max, std::size_t refused_max = 256)
        : max_(max), per_client_max_(per_client_max), refused_max_(refused_max) {}

    // Changes the limits; what is open stays open.
    void set_limits(std::size_t max, std::size_t per_client_max) {
        max_.store(max, std::memory_order_relaxed);
        per_client_max_.store(per_client_max, std::memory_order_relaxed);
    }
    // Returns a place beyond the limit if the limit is reached, and an empty place if `refused_max`
    // is reached as well.
    ConnectionPlace enter(const boost::asio::ip::address& address);
    std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  private:
    friend class ConnectionPlace;
    // `most` 0: there is no limit, but each is counted, as there may be one later.
    bool enter_client(const ConnectionPlace::Client& client, std::size_t most);
    ConnectionPlace enter_beyond_limit();
    void leave(const ConnectionPlace::Client& client);

    std::atomic<std::size_t> max_;
    std::atomic<std::size_t> per_client_max_;
    const std::size_t refused_max_;
    std::atomic<std::size_t> count_ = 0;
    std::atomic<std::size_t> beyond_limit_count_ = 0;
    Mutex mutex_;
    std::map<ConnectionPlace::Client, std::size_t> clients_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::front
