// One worker: a thread, an event loop, a listening socket and everything that its calls use. A call
// stays on one worker; what workers share and change is in front::Running and front::Connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>
#include <thread>
#include <unordered_set>
#include <vector>

#include "credentials/token_desk.hpp"
#include "front/connections.hpp"
#include "front/context.hpp"
#include "front/drained_calls.hpp"
#include "front/session.hpp"
#include "front/shadow_calls.hpp"
#include "net/client.hpp"
#include "observe/access_log.hpp"

namespace bellwether::serve {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

// A socket, and what it serves.
struct Listener {
    int socket;
    front::Surface surface;
};

class Worker final : private front::Sessions {
  public:
    // The listener's socket is bound and listening; the worker owns it from now on. Workers that
    // are given the same `connections` share its limits.
    Worker(const front::Host& host, const front::Running& running, observe::WorkerMetrics& metrics,
           front::Connections& connections, Listener listener);
    ~Worker();

    void start();
    // From any thread: accept no more, let calls finish, end after `limit` at the latest.
    void drain(std::chrono::milliseconds limit);
    // From any thread: end now.
    void stop();
    void join();

  private:
    void opened(front::Session& session) override;
    void closed(front::Session& session) override;

    void run();
    void accept();
    void open(front::Socket socket);
    void begin_drain(std::chrono::milliseconds limit);
    void stop_if_done();
    void abort_all();

    const front::Host& host_;
    front::Connections& connections_;
    boost::asio::io_context loop_{1};
    net::Client client_;
    credentials::TokenDesk desk_;
    std::vector<plugin::ProviderSlot> slots_;
    std::mt19937_64 random_{std::random_device{}()};
    policy::WebhookPosts webhook_posts_;
    policy::Books books_;
    front::DrainedCalls drained_calls_;
    front::ShadowCalls shadow_calls_;
    observe::AccessLog access_log_;
    front::Context context_;
    front::Surface surface_;
    Acceptor acceptor_;
    boost::asio::steady_timer timer_;  // after a failed accept; then the end of draining
    std::unordered_set<front::Session*> sessions_;
    std::thread thread_;
};

}  // namespace bellwether::serve
