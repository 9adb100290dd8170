// `Client` is the Transport over the network, on a worker's own event loop. Only here are sockets
// to upstreams opened; the folders above do not know that libcurl does it. Each worker has one
// Client, on its own thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/counter.hpp"
#include "net/transport.hpp"

namespace bellwether::net {

// `Stats` counts what a Client does: the gauges now, the counters since its start. Only the worker
// writes it; any thread may read it.
struct Stats {
    Gauge transfers_active;
    Gauge connections_open;
    Counter connections_opened;
    Counter connections_reused;  // exchanges that found a connection waiting
};

class Client final : public Transport {
  public:
    explicit Client(boost::asio::io_context& loop);
    ~Client();  // every exchange must have been dropped
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] Exchange start(Request request, Events& events) override;
    const Stats& stats() const;

    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace bellwether::net
