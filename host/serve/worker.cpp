#include "serve/worker.hpp"

#include <unistd.h>
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

}  // namespace

Worker::Worker(std::shared_ptr<const Generation> generation, SurfaceOf surface,
               observe::WorkerMetrics& metrics, front::Connections& connections)
    : connections_(connections),
      surface_(surface),
      client_(loop_),
      desk_(loop_, client_),
      metrics_(metrics),
      drained_calls_(loop_, [this] { stop_if_done(); }),
      shadow_calls_(loop_),
      access_log_(loop_),
      acceptor_(loop_),
      timer_(loop_) {
    const net::Stats& stats = client_.stats();
    metrics.upstream_connections = {.open = &stats.connections_open,
                                    .opened = &stats.connections_opened,
                                    .reused = &stats.connections_reused};
    change_to(std::move(generation));
}

Worker::~Worker() {
    over_ = true;
    context_.reset();
    current_.reset();
}

void Worker::listen(int socket) {
    accept_pending();
    error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
    ++listening_;
    if (socket < 0) return;
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length);
    acceptor_.assign(bound.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                     socket);
    accept();
}

void Worker::start() {
    thread_ = std::thread([this] { run(); });
}

void Worker::join() { thread_.join(); }

void Worker::run() {
    // Without work of its own the loop of a worker that listens nowhere would end.
    const auto work = asio::make_work_guard(loop_);
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
    acceptor_.async_accept(loop_, [this, listening = listening_](error_code error,
                                                                 front::Socket client) {
        // One that was accepted right before the listener changed is served, too.
        if (!error) open(std::move(client));
        if (!acceptor_.is_open() || listening_ != listening) return;
        if (!error) return accept();
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

// Takes what the kernel has accepted, as it would be reset with the listener.
void Worker::accept_pending() {
    error_code error;
    if (acceptor_.is_open()) acceptor_.non_blocking(true, error);
    while (acceptor_.is_open() && !error) {
        front::Socket client(loop_);
        acceptor_.accept(client, error);
        if (!error) open(std::move(client));
    }
}

void Worker::open(front::Socket socket) {
    if (draining_) return;
    error_code error;
    const auto client = socket.remote_endpoint(error);
    if (error) return;  // it is gone already
    front::ConnectionPlace place = connections_.enter(client.address());
    if (!place || place.beyond_limit()) metrics_.connection_refused();
    if (!place) return;
    std::make_shared<front::Session>(std::move(socket), static_cast<front::Sessions&>(*this),
                                     std::move(place))
        ->start();
}

// ---- generations --------------------------------------------------------------------------------

void Worker::adopt(std::shared_ptr<const Generation> generation, std::optional<int> socket,
                   std::function<void()> done) {
    asio::post(loop_, [this, generation = std::move(generation), socket,
                       done = std::move(done)]() mutable {
        if (draining_) {
            if (socket && *socket >= 0) ::close(*socket);
        } else {
            change_to(std::move(generation));
            if (socket) listen(*socket);
        }
        done();
    });
}

void Worker::change_to(std::shared_ptr<const Generation> generation) {
    metrics_.use(generation->running().process.metrics.names());
    access_log_.set_format(observe::log_format());
    const auto before = std::exchange(current_, make(std::move(generation)));
    context_ = std::shared_ptr<front::Context>(current_, &current_->context());
    context_->self = context_;
    if (!before) return;
    const auto limit = current_->generation().host().config.server.reload_drain;
    Earlier& earlier = earlier_.emplace_back(loop_, before);
    if (limit.count() > 0) {
        earlier.end.set(net::Alarm::Clock::now() + limit,
                        [this, one = earlier.generation] { end_calls_of(one); });
    }
    for (front::Session* session : sessions_) session->renew();
}

std::shared_ptr<WorkerGeneration> Worker::make(std::shared_ptr<const Generation> generation) {
    const WorkerParts parts{.loop = loop_,
                            .transport = client_,
                            .desk = desk_,
                            .random = random_,
                            .metrics = metrics_,
                            .access_log = access_log_,
                            .drained_calls = drained_calls_,
                            .shadow_calls = shadow_calls_};
    const front::Surface surface = surface_(*generation);
    return {new WorkerGeneration(parts, surface, std::move(generation), current_.get()),
            [this](WorkerGeneration* one) { retire(one); }};
}

// The last call of a generation has ended. It may still be on the stack, so the generation goes
// from the loop; and only when webhooks have been told what it had to say.
void Worker::retire(WorkerGeneration* generation) {
    std::unique_ptr<WorkerGeneration> owned(generation);
    if (over_) return;
    retired_.push_back(std::move(owned));
    const auto forget_soon = [this, generation] {
        asio::post(loop_, [this, generation] { forget(*generation); });
    };
    generation->posts().empty() ? forget_soon() : generation->posts().when_empty(forget_soon);
}

void Worker::forget(const WorkerGeneration& generation) {
    std::erase_if(earlier_, [](const Earlier& one) { return one.generation.expired(); });
    std::erase_if(retired_, [&generation](const auto& one) { return one.get() == &generation; });
    stop_if_done();
}

void Worker::end_calls_of(const std::weak_ptr<WorkerGeneration>& generation) {
    const auto old = generation.lock();
    if (!old) return;
    const front::Context& context = old->context();
    const auto sessions = sessions_;
    for (front::Session* session : sessions) {
        if (session->is_of(context)) session->abort();
    }
    drained_calls_.end(context);
    shadow_calls_.end(context);
}

// ---- the end ------------------------------------------------------------------------------------

void Worker::drain(std::chrono::milliseconds limit) {
    asio::post(loop_, [this, limit] { begin_drain(limit); });
}

void Worker::stop() {
    asio::post(loop_, [this] { abort_all(); });
}

void Worker::begin_drain(std::chrono::milliseconds limit) {
    if (draining_) return;
    draining_ = true;
    context_->draining = true;
    for (const Earlier& earlier : earlier_) {
        const auto one = earlier.generation.lock();
        if (!one) continue;
        one->context().draining = true;
        one->posts().finish([this] { stop_if_done(); });
    }
    error_code ignored;
    acceptor_.close(ignored);
    const auto open = sessions_;
    for (front::Session* session : open) session->drain();
    current_->posts().finish([this] { stop_if_done(); });
    for (const auto& one : retired_) one->posts().finish([this] { stop_if_done(); });
    timer_.expires_after(limit);
    timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) abort_all();
    });
    stop_if_done();
}

bool Worker::has_posts() const {
    const auto posts = [](const auto& one) { return !one->posts().empty(); };
    return posts(current_) || std::ranges::any_of(retired_, posts);
}

void Worker::stop_if_done() {
    if (!draining_ || !sessions_.empty() || !drained_calls_.empty()) return;
    if (!has_posts()) loop_.stop();
}

void Worker::abort_all() {
    draining_ = true;
    context_->draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto open = sessions_;
    for (front::Session* session : open) session->abort();
    loop_.stop();
}

void Worker::opened(front::Session& session) {
    metrics_.connections_open.add(1);
    metrics_.connections_accepted.add();
    sessions_.insert(&session);
}

void Worker::closed(front::Session& session) {
    metrics_.connections_open.add(-1);
    sessions_.erase(&session);
    stop_if_done();
}

}  // namespace bellwether::serve
