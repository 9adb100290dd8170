#include "serve/worker.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

Worker::Worker(std::shared_ptr<const Generation> generation, SurfaceOf surface,
               observe::WorkerMetrics& metrics, front::Connections& connections, std::size_t number)
    : connections_(connections),
      surface_(surface),
      number_(number),
      client_(loop_),
      desk_(loop_, client_),
      metrics_(metrics),
      drained_calls_(loop_, [this] { stop_if_done(); }),
      shadow_calls_(loop_),
      access_log_(loop_),
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

void Worker::listen(const std::vector<int>& sockets) {
    for (const auto& before : std::exchange(listeners_, {})) before->retire();
    for (const int socket : sockets) {
        listeners_.push_back(std::make_shared<Listener>(
            loop_, socket, [this](front::Socket client) { open(std::move(client)); }));
        listeners_.back()->start();
    }
}

void Worker::close_listeners() {
    for (const auto& listener : std::exchange(listeners_, {})) listener->close();
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

void Worker::adopt(std::shared_ptr<const Generation> generation,
                   std::optional<std::vector<int>> sockets, std::function<void()> done) {
    asio::post(loop_, [this, generation = std::move(generation), sockets = std::move(sockets),
                       done = std::move(done)]() mutable {
        // Whoever is still connected when another host has taken over is asked for a key as well.
        const bool is_left = generation->running().process.followed && !sessions_.empty();
        if (!draining_ || is_left) change_to(std::move(generation));
        if (sockets) listen(*sockets);
        if (draining_) close_listeners();
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
    earlier_.emplace_back(loop_, before);
    end_earlier_within(current_->generation().host().config.server.reload_drain);
    if (draining_) {
        context_->draining = true;
        current_->posts().finish([this] { stop_if_done(); });
    }
    for (front::Session* session : sessions_) session->renew();
}

// Also those that a reload before has given more time, as an operator shortens it to be rid of
// their calls. Nobody gets more than before.
void Worker::end_earlier_within(std::chrono::milliseconds limit) {
    if (limit.count() == 0) return;  // as late as they like
    const auto latest = net::Alarm::Clock::now() + limit;
    for (Earlier& earlier : earlier_) {
        if (earlier.latest <= latest) continue;
        earlier.latest = latest;
        earlier.end.set(latest, [this, one = earlier.generation] { end_calls_of(one); });
    }
}

std::shared_ptr<WorkerGeneration> Worker::make(std::shared_ptr<const Generation> generation) {
    const WorkerParts parts{.number = number_,
                            .loop = loop_,
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
        if (session->is_of(context)) session->abort(front::CutOff::config_ends);
    }
    drained_calls_.end(context);
    shadow_calls_.end(context);
}

// ---- the end ------------------------------------------------------------------------------------

void Worker::share_sockets(std::function<void(std::vector<Descriptor>)> take) {
    asio::post(loop_, [this, take = std::move(take)] {
        std::vector<Descriptor> copies;
        for (const auto& listener : listeners_) {
            copies.emplace_back(fcntl(listener->socket(), F_DUPFD_CLOEXEC, 0));
        }
        take(std::move(copies));
    });
}

void Worker::stop_listening(std::function<void()> done) {
    asio::post(loop_, [this, done = std::move(done)] {
        close_listeners();
        done();
    });
}

void Worker::drain(DrainTimes times) {
    asio::post(loop_, [this, times] { begin_drain(times); });
}

void Worker::stop() {
    asio::post(loop_, [this] { abort_all(); });
}

void Worker::begin_drain(DrainTimes times) {
    if (!draining_) stop_taking();
    const auto longer = times.streams - times.calls;
    if (longer <= std::chrono::milliseconds(0)) {
        abort_after(times.calls);
    } else {
        timer_.expires_after(times.calls);
        timer_.async_wait([this, longer](error_code cancelled) {
            if (!cancelled) end_plain_calls(longer);
        });
    }
    stop_if_done();
}

void Worker::stop_taking() {
    draining_ = true;
    context_->draining = true;
    for (const Earlier& earlier : earlier_) {
        const auto one = earlier.generation.lock();
        if (!one) continue;
        one->context().draining = true;
        one->posts().finish([this] { stop_if_done(); });
    }
    close_listeners();
    const auto open = sessions_;
    for (front::Session* session : open) session->drain();
    current_->posts().finish([this] { stop_if_done(); });
    for (const auto& one : retired_) one->posts().finish([this] { stop_if_done(); });
}

void Worker::end_plain_calls(std::chrono::milliseconds left) {
    const auto open = sessions_;
    for (front::Session* session : open) session->end_plain_call();
    drained_calls_.end();
    abort_after(left);
    stop_if_done();
}

void Worker::abort_after(std::chrono::milliseconds left) {
    timer_.expires_after(left);
    timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) abort_all();
    });
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
    close_listeners();
    const auto open = sessions_;
    for (front::Session* session : open) session->abort(front::CutOff::host_ends);
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
