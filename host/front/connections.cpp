#include "front/connections.hpp"

#include <algorithm>

namespace bellwether::front {
namespace {

// An IPv6 network of 64 bits counts as one client, because whoever has one of its addresses has all
// of them. A listener on IPv6 sees IPv4 clients as mapped addresses (::ffff:a.b.c.d), all of one
// such network; each of these counts by its IPv4 address.
ConnectionPlace::Client client_of(const boost::asio::ip::address& address) {
    ConnectionPlace::Client client{};
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        const auto bytes = address.to_v6().to_bytes();
        std::copy_n(bytes.begin() + 12, 4, client.begin() + 12);
    } else if (address.is_v6()) {
        const auto bytes = address.to_v6().to_bytes();
        std::copy_n(bytes.begin(), 8, client.begin());
    } else {
        const auto bytes = address.to_v4().to_bytes();
        std::ranges::copy(bytes, client.begin() + 12);
    }
    return client;
}

}  // namespace

ConnectionPlace::~ConnectionPlace() {
    if (connections_ == nullptr) return;
    if (beyond_limit_) {
        connections_->beyond_limit_count_.fetch_sub(1, std::memory_order_relaxed);
    } else {
        connections_->leave(client_);
    }
}

ConnectionPlace Connections::enter(const boost::asio::ip::address& address) {
    if (count_.fetch_add(1, std::memory_order_relaxed) >= max_.load(std::memory_order_relaxed)) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return enter_beyond_limit();
    }
    const ConnectionPlace::Client client = client_of(address);
    if (!enter_client(client, per_client_max_.load(std::memory_order_relaxed))) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return enter_beyond_limit();
    }
    return {*this, client, false};
}

ConnectionPlace Connections::enter_beyond_limit() {
    if (beyond_limit_count_.fetch_add(1, std::memory_order_relaxed) < refused_max_) {
        return {*this, {}, true};
    }
    beyond_limit_count_.fetch_sub(1, std::memory_order_relaxed);
    return {};
}

bool Connections::enter_client(const ConnectionPlace::Client& client, std::size_t most) {
    const Lock lock(mutex_);
    const auto found = clients_.try_emplace(client, 0).first;
    if (most != 0 && found->second >= most) return false;
    ++found->second;
    return true;
}

void Connections::leave(const ConnectionPlace::Client& client) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    const Lock lock(mutex_);
    const auto found = clients_.find(client);
    if (--found->second == 0) clients_.erase(found);
}

}  // namespace bellwether::front
