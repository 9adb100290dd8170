// The transport over the network, on a worker's own event loop. The only place that opens sockets
// upstream; nothing above knows which engine does it. One Client a worker; all of it on the
// worker's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/counter.hpp"
#include "net/transport.hpp"

namespace bw::net {

// What goes on in a Client; totals since its start. Any thread may read it.
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

}  // namespace bw::net
