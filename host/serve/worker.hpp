// One worker: a thread, an event loop, listening sockets and everything that its calls use. A call
// stays on one worker; what workers share and change is in front::Running, front::Process and
// front::Connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/descriptor.hpp"
#include "credentials/token_desk.hpp"
#include "front/connections.hpp"
#include "front/drained_calls.hpp"
#include "front/session.hpp"
#include "front/shadow_calls.hpp"
#include "net/alarm.hpp"
#include "net/client.hpp"
#include "observe/access_log.hpp"
#include "serve/listener.hpp"
#include "serve/worker_generation.hpp"

namespace bellwether::serve {

// How long calls may go on once a worker drains. Streams have at least the time of other calls.
struct DrainTimes {
    std::chrono::milliseconds calls;
    std::chrono::milliseconds streams;
};

class Worker final : private front::Sessions {
  public:
    // What the worker's listener serves under a generation.
    using SurfaceOf = front::Surface (*)(const Generation& generation);

    // Workers that are given the same `connections` share its limits. Those with the same surface
    // have numbers of their own.
    Worker(std::shared_ptr<const Generation> generation, SurfaceOf surface,
           observe::WorkerMetrics& metrics, front::Connections& connections,
           std::size_t number = 0);
    ~Worker();

    // The sockets are bound and listening; the worker owns them from now on, in place of those
    // before. Before start(), or later through adopt().
    void listen(const std::vector<int>& sockets);
    void start();
    // From any thread: new requests come under this generation, and over these sockets; nothing:
    // those it has. `done` is called on the worker's thread when it is so, or when the worker ends
    // anyway.
    void adopt(std::shared_ptr<const Generation> generation,
               std::optional<std::vector<int>> sockets, std::function<void()> done);
    // From any thread: gives copies of the sockets on which it listens, on the worker's thread. One
    // that cannot be copied, as no descriptor is left, is none.
    void share_sockets(std::function<void(std::vector<Descriptor>)> take);
    // From any thread: accept no more, but serve the connections that are open. `done` is called on
    // the worker's thread.
    void stop_listening(std::function<void()> done);
    // From any thread: accept no more, let calls finish, end after these times at the latest. The
    // calls of clients that have gone have no more time than plain ones.
    void drain(DrainTimes times);
    // From any thread: end now.
    void stop();
    void join();

  private:
    // A generation of which calls may be left, and when they end.
    struct Earlier {
        Earlier(boost::asio::io_context& loop, std::weak_ptr<WorkerGeneration> one)
            : generation(std::move(one)), end(loop) {}
        std::weak_ptr<WorkerGeneration> generation;
        net::Alarm::Clock::time_point latest = net::Alarm::Clock::time_point::max();
        net::Alarm end;  // at `latest`, if that is set
    };

    const std::shared_ptr<front::Context>& context() const override { return context_; }
    void opened(front::Session& session) override;
    void closed(front::Session& session) override;

    void run();
    void close_listeners();
    void open(front::Socket socket);
    void change_to(std::shared_ptr<const Generation> generation);
    std::shared_ptr<WorkerGeneration> make(std::shared_ptr<const Generation> generation);
    void retire(WorkerGeneration* generation);
    void forget(const WorkerGeneration& generation);
    void end_earlier_within(std::chrono::milliseconds limit);
    void end_calls_of(const std::weak_ptr<WorkerGeneration>& generation);
    void begin_drain(DrainTimes times);
    void stop_taking();
    void end_plain_calls(std::chrono::milliseconds left);
    void abort_after(std::chrono::milliseconds left);
    bool has_posts() const;
    void stop_if_done();
    void abort_all();

    front::Connections& connections_;
    const SurfaceOf surface_;
    const std::size_t number_;
    boost::asio::io_context loop_{1};
    net::Client client_;
    credentials::TokenDesk desk_;
    std::mt19937_64 random_{std::random_device{}()};
    observe::WorkerMetrics& metrics_;
    front::DrainedCalls drained_calls_;
    front::ShadowCalls shadow_calls_;
    observe::AccessLog access_log_;
    bool draining_ = false;
    bool over_ = false;  // the thread has ended
    // Those without calls whose last posts to webhooks are still under way.
    std::list<std::unique_ptr<WorkerGeneration>> retired_;
    std::list<Earlier> earlier_;
    std::shared_ptr<WorkerGeneration> current_;
    std::shared_ptr<front::Context> context_;  // of `current_`
    std::vector<std::shared_ptr<Listener>> listeners_;
    boost::asio::steady_timer timer_;  // the end of draining
    std::unordered_set<front::Session*> sessions_;
    std::thread thread_;
};

}  // namespace bellwether::serve
