#include "serve/worker.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "observe/log.hpp"
#include "observe/seldom.hpp"

namespace bellwether::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The pause after a failed accept. Most likely the descriptors have run out, and some will be
// closed.
constexpr std::chrono::milliseconds k_accept_again{100};

http::MessageLimits limits_of(const config::Server& server) {
    return {.request_line_bytes = server.front.request_line_bytes_max,
            .header_bytes = server.front.header_bytes_max,
            .header_count = server.front.header_count_max,
            .body_bytes = std::min(server.max_body_bytes, server.bodies_bytes_max),
            .inflate_ratio = server.front.inflate_ratio_max};
}

}  // namespace

Worker::Worker(const front::Host& host, const front::Running& running,
               observe::WorkerMetrics& metrics, front::Connections& connections, Listener listener)
    : host_(host),
      connections_(connections),
      client_(loop_),
      desk_(loop_, client_),
      slots_(host.registry.providers.begin(), host.registry.providers.end()),
      webhook_posts_(loop_, client_, host.webhooks, *running.webhook_counts),
      books_(loop_, host.config, running.ledger.get(), running.warnings.get(), &webhook_posts_),
      drained_calls_(loop_, [this] { stop_if_done(); }),
      shadow_calls_(loop_),
      access_log_(loop_),
      context_{.host = host_,
               .engine = {loop_, client_, desk_, slots_, *running.upstreams, random_,
                          running.waiting.get()},
               .books = books_,
               .drained_calls = drained_calls_,
               .running = running,
               .metrics = metrics,
               .access_log = access_log_,
               .random = random_,
               .http_limits = limits_of(host.config.server),
               .shadow_calls = &shadow_calls_,
               .draining = false},
      surface_(listener.surface),
      acceptor_(loop_),
      timer_(loop_) {
    const net::Stats& stats = client_.stats();
    metrics.upstream_connections = {.open = &stats.connections_open,
                                    .opened = &stats.connections_opened,
                                    .reused = &stats.connections_reused};
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    getsockname(listener.socket, reinterpret_cast<sockaddr*>(&bound), &length);
    acceptor_.assign(bound.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                     listener.socket);
}

Worker::~Worker() = default;

void Worker::start() {
    accept();
    thread_ = std::thread([this] { run(); });
}

void Worker::join() { thread_.join(); }

void Worker::run() {
    for (bool again = true; again;) {
        try {
            loop_.run();
            again = false;
        } catch (const std::exception& error) {
            // Only a library, or a lack of memory, throws here; the worker goes on with other
            // calls.
            observe::error("a worker caught an exception: {}", error.what());
        }
    }
    drained_calls_.end();
    shadow_calls_.end();
    // The handlers of aborted operations must still run; a session ends with its last handler.
    do loop_.restart();
    while (loop_.poll() > 0);
}

void Worker::accept() {
    acceptor_.async_accept(loop_, [this](error_code error, front::Socket socket) {
        if (!acceptor_.is_open()) return;
        if (!error) {
            accept();
            return open(std::move(socket));
        }
        static observe::Seldom told(std::chrono::minutes(1));
        if (told.may(observe::Seldom::Clock::now())) {
            observe::warn("cannot accept a connection: {}; told of once a minute", error.message());
        }
        timer_.expires_after(k_accept_again);
        timer_.async_wait([this](error_code cancelled) {
            if (!cancelled) accept();
        });
    });
}

void Worker::open(front::Socket socket) {
    error_code error;
    const auto client = socket.remote_endpoint(error);
    if (error) return;  // it is gone already
    front::ConnectionPlace place = connections_.enter(client.address());
    if (!place || place.beyond_limit()) context_.metrics.connection_refused();
    if (!place) return;
    std::make_shared<front::Session>(std::move(socket), context_,
                                     static_cast<front::Sessions&>(*this), surface_,
                                     std::move(place))
        ->start();
}

void Worker::drain(std::chrono::milliseconds limit) {
    asio::post(loop_, [this, limit] { begin_drain(limit); });
}

void Worker::stop() {
    asio::post(loop_, [this] { abort_all(); });
}

void Worker::begin_drain(std::chrono::milliseconds limit) {
    if (context_.draining) return;
    context_.draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto open = sessions_;
    for (front::Session* session : open) session->drain();
    webhook_posts_.finish([this] { stop_if_done(); });
    timer_.expires_after(limit);
    timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) abort_all();
    });
    stop_if_done();
}

void Worker::stop_if_done() {
    if (!context_.draining || !sessions_.empty() || !drained_calls_.empty()) return;
    if (webhook_posts_.empty()) loop_.stop();
}

void Worker::abort_all() {
    context_.draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto open = sessions_;
    for (front::Session* session : open) session->abort();
    loop_.stop();
}

void Worker::opened(front::Session& session) {
    context_.metrics.connections_accepted.add();
    context_.metrics.connections_open.add(1);
    sessions_.insert(&session);
}

void Worker::closed(front::Session& session) {
    context_.metrics.connections_open.add(-1);
    sessions_.erase(&session);
    stop_if_done();
}

}  // namespace bellwether::serve
