#include "ledger/handover/movable_store.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger/handover/movable_session.hpp"

namespace bellwether::ledger {
namespace {

// How far a step has come that each session takes on its own loop.
class Progress {
  public:
    explicit Progress(std::size_t sessions) : left_(sessions) {}

    // False: nobody waits for it any more, and it must not be taken.
    bool may_begin() {
        const Lock lock(mutex_);
        return !given_up_;
    }
    void taken() {
        const Lock lock(mutex_);
        --left_;
        changed_.notify_all();
    }
    bool wait(std::chrono::milliseconds limit) {
        const Lock lock(mutex_);
        const auto end = std::chrono::steady_clock::now() + limit;
        given_up_ =
            !changed_.wait_until(mutex_, end, [this]() REQUIRES(mutex_) { return left_ == 0; });
        return !given_up_;
    }

  private:
    Mutex mutex_;
    Condition changed_;
    std::size_t left_ GUARDED_BY(mutex_);
    bool given_up_ GUARDED_BY(mutex_) = false;
};

std::unexpected<Error> gone() {
    return fail(ErrorKind::unavailable,
                "the ledger has gone over to the host that follows this one; ask that host");
}

Result<std::pair<Descriptor, Descriptor>> socket_pair() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
        return fail(ErrorKind::unavailable,
                    fmt::format("no pair of sockets can be opened: {}", std::strerror(errno)));
    }
    return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

}  // namespace

MovableStore::MovableStore(std::unique_ptr<Store> store, Reopen reopen)
    : reopen_(std::move(reopen)), store_(std::move(store)) {}

MovableStore::~MovableStore() = default;

// ---- what a store does --------------------------------------------------------------------------

std::unique_ptr<LedgerSession> MovableStore::open(boost::asio::io_context& loop) {
    const Lock lock(mutex_);
    auto session = std::make_unique<MovableSession>(loop, *this, source_.open(),
                                                    store_ ? store_->open(loop) : nullptr);
    sessions_.push_back(session.get());
    return session;
}

void MovableStore::closed(const MovableSession* session) {
    const Lock lock(mutex_);
    std::erase(sessions_, session);
}

bool MovableStore::is_open(const MovableSession* session) const {
    const Lock lock(mutex_);
    return std::ranges::find(sessions_, session) != sessions_.end();
}

Result<std::vector<StoredCounter>> MovableStore::counters() {
    const Lock lock(reports_);
    Store* const store = behind();
    if (store == nullptr) return gone();
    return store->counters();
}

Result<void> MovableStore::each_usage(TimeSpan span,
                                      const std::function<void(const UsageRow&)>& row) {
    const Lock lock(reports_);
    Store* const store = behind();
    if (store == nullptr) return gone();
    return store->each_usage(span, row);
}

Result<std::size_t> MovableStore::reset(std::string_view rule) {
    const Lock lock(reports_);
    Store* const store = behind();
    if (store == nullptr) return gone();
    return store->reset(rule);
}

bool MovableStore::flush(std::int64_t limit_ms) {
    const Lock lock(reports_);
    Store* const store = behind();
    return store == nullptr || store->flush(limit_ms);
}

StoreHealth MovableStore::health() const {
    const Lock lock(mutex_);
    return store_ ? store_->health() : StoreHealth();
}

// ---- the move -----------------------------------------------------------------------------------

Result<MovableStore::Moved> MovableStore::leave(Limit limit) {
    const Lock reports(reports_);
    Store* const store = behind();
    if (store == nullptr) return gone();
    Moved moved;
    if (auto made = make_sockets(moved.sockets); !made) return std::unexpected(made.error());
    auto ready = everywhere(limit, [](MovableSession& session) { session.pause(); });
    if (ready && !store->flush(limit.count())) {
        ready = fail(ErrorKind::unavailable, "the ledger's last operations cannot be written");
    }
    // What waited for the disk is called back before this step, as it was posted before.
    if (ready) ready = everywhere(limit, [](MovableSession& session) { session.let_go(); });
    if (!ready) {
        (void)everywhere(limit, [store](MovableSession& session) { session.go_on(*store); });
        return std::unexpected(ready.error());
    }
    holds_ = store->holds();
    moved.holds = holds_;
    const Lock lock(mutex_);
    store_.reset();
    return moved;
}

Result<void> MovableStore::take_back(Limit limit) {
    auto reopened = reopen_(holds_);
    if (!reopened) return std::unexpected(reopened.error());
    own_sockets_.clear();
    Store* const store = reopened->get();
    {
        const Lock lock(mutex_);
        store_ = *std::move(reopened);
    }
    return everywhere(limit, [store](MovableSession& session) { session.go_on(*store); });
}

Result<void> MovableStore::follow(Limit limit) {
    return everywhere(limit, [this](MovableSession& session) {
        session.follow(std::move(own_sockets_.at(&session)));
    });
}

Store* MovableStore::behind() const {
    const Lock lock(mutex_);
    return store_.get();
}

Result<void> MovableStore::make_sockets(std::vector<Descriptor>& theirs) {
    own_sockets_.clear();
    const Lock lock(mutex_);
    for (MovableSession* const session : sessions_) {
        auto pair = socket_pair();
        if (!pair) return std::unexpected(pair.error());
        own_sockets_.emplace(session, std::move(pair->first));
        theirs.push_back(std::move(pair->second));
    }
    return {};
}

Result<void> MovableStore::everywhere(Limit limit, const Step& step) {
    std::shared_ptr<Progress> progress;
    {
        const Lock lock(mutex_);
        progress = std::make_shared<Progress>(sessions_.size());
        for (MovableSession* const session : sessions_) {
            boost::asio::post(session->loop(), [this, session, step, progress] {
                if (!progress->may_begin()) return;
                if (is_open(session)) step(*session);
                progress->taken();
            });
        }
    }
    if (progress->wait(limit)) return {};
    return fail(ErrorKind::unavailable, "a worker did not answer in time");
}

}  // namespace bellwether::ledger
