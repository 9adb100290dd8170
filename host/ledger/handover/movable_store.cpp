#include "ledger/handover/movable_store.hpp"

#include <sys/socket.h>

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>
#include <utility>

#include "base/socket_pair.hpp"
#include "ledger/handover/movable_session.hpp"
#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::chrono::milliseconds k_ask_again{20};  // whether the caller still wants to wait
// Between two tries to open a store again that has not come back.
constexpr std::chrono::milliseconds k_return_pause_least{250};
constexpr std::chrono::milliseconds k_return_pause_most{1'000};

// How far a step has come that each session takes on its own loop.
class StepProgress {
  public:
    explicit StepProgress(std::size_t sessions) : left_(sessions) {}

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
    bool wait(const MovableStore::Patience& patience) {
        const Lock lock(mutex_);
        const auto end = std::chrono::steady_clock::now() + patience.limit;
        const auto all = [this]() REQUIRES(mutex_) { return left_ == 0; };
        while (!all() && !patience.gives_up() && std::chrono::steady_clock::now() < end) {
            changed_.wait_until(mutex_, std::chrono::steady_clock::now() + k_ask_again, all);
        }
        given_up_ = !all();
        return !given_up_;
    }

  private:
    Mutex mutex_;
    Condition changed_;
    std::size_t left_ GUARDED_BY(mutex_);
    bool given_up_ GUARDED_BY(mutex_) = false;
};

}  // namespace

MovableStore::MovableStore(std::unique_ptr<LocalStore> store, Reopen reopen)
    : reopen_(std::move(reopen)), store_(std::move(store)) {}

MovableStore::~MovableStore() {
    {
        const Lock lock(mutex_);
        ends_ = true;
    }
    ending_.notify_all();
    if (returning_.joinable()) returning_.join();
}

// ---- what a store does --------------------------------------------------------------------------

std::unique_ptr<LedgerSession> MovableStore::open(boost::asio::io_context& loop) {
    const Lock lock(mutex_);
    auto session = std::make_unique<MovableSession>(loop, *this, source_.open(),
                                                    store_ ? store_->open(loop) : nullptr);
    sessions_.push_back(session.get());
    if (!away_.empty()) session->go_without(away_);
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
    const Lock reports(reports_);
    Store* const store = behind();
    if (store != nullptr) return store->flush(limit_ms);
    const Lock lock(mutex_);
    return away_.empty();
}

StoreHealth MovableStore::health() const {
    const Lock lock(mutex_);
    return store_ ? store_->health() : StoreHealth{.available = away_.empty()};
}

// ---- the move -----------------------------------------------------------------------------------

Result<MovableStore::Moved> MovableStore::leave(const Patience& patience) {
    const Lock reports(reports_);  // before calls wait, as a report takes its time
    LocalStore* const store = behind();
    if (store == nullptr) return gone();
    if (auto there = store->in_place(); !there) return std::unexpected(there.error());
    Moved moved{.contents = contents_, .sockets = {}, .counters = store->size()};
    if (auto made = make_sockets(moved.sockets); !made) return std::unexpected(made.error());
    auto ready = everywhere(patience, [](MovableSession& session) { session.pause(); });
    if (ready && !store->flush(patience.limit.count())) {
        ready = fail(ErrorKind::unavailable, "the ledger's last operations cannot be written");
    }
    // What waited for the disk is called back before this step, as it was posted before.
    if (ready) ready = everywhere(patience, [](MovableSession& session) { session.let_go(); });
    if (ready) ready = keep_contents(*store);
    if (ready) ready = store->in_place();  // still, as there is no way back otherwise
    if (!ready) {
        everywhere([store](MovableSession& session) { session.go_on(*store); });
        return std::unexpected(ready.error());
    }
    const Lock lock(mutex_);
    store_.reset();
    return moved;
}

// Calls wait, and must not wait for ever where there is no memory for it.
Result<void> MovableStore::keep_contents(const LocalStore& store) {
    try {
        contents_ = store.contents();
    } catch (const std::bad_alloc&) {
        return fail(ErrorKind::unavailable, "there is no memory for the ledger to go over");
    }
    return {};
}

// A step that a loop comes to late comes before those of a later move, which begins only once the
// store is seen to be back.
Result<void> MovableStore::take_back() {
    auto reopened = reopen_(contents_);
    if (!reopened) return std::unexpected(reopened.error());
    contents_ = {};
    own_sockets_.clear();
    Store* const store = reopened->get();
    const Lock lock(mutex_);
    store_ = *std::move(reopened);
    away_.clear();
    post_to_all([store](MovableSession& session) { session.go_on(*store); });
    return {};
}

void MovableStore::come_back_later(const std::string& why) {
    observe::error(
        "ledger: {}; it could not be opened again after an upgrade that came to nothing, and no "
        "new call is counted until it can be",
        why);
    {
        const Lock lock(mutex_);
        away_ = fmt::format("the ledger cannot be opened again: {}", why);
        post_to_all([reason = away_](MovableSession& session) { session.go_without(reason); });
    }
    if (returning_.joinable()) returning_.join();  // of another time, when it came back
    returning_ = std::thread([this] { try_until_back(); });
}

void MovableStore::try_until_back() {
    for (auto pause = k_return_pause_least;; pause = std::min(pause * 2, k_return_pause_most)) {
        {
            const Lock lock(mutex_);
            const auto end = std::chrono::steady_clock::now() + pause;
            if (ending_.wait_until(mutex_, end, [this]() REQUIRES(mutex_) { return ends_; }))
                return;
        }
        if (take_back()) return observe::warn("ledger: it is open again; nothing was lost");
    }
}

std::unexpected<Error> MovableStore::gone() const {
    const Lock lock(mutex_);
    if (!away_.empty()) return fail(ErrorKind::unavailable, away_);
    return fail(ErrorKind::unavailable,
                "the ledger is not open in this host any more: another host has taken over and has "
                "it");
}

void MovableStore::follow() {
    contents_ = {};
    everywhere([this](MovableSession& session) {
        const auto own = own_sockets_.find(&session);
        if (own != own_sockets_.end()) session.follow(std::move(own->second));
    });
}

LocalStore* MovableStore::behind() const {
    const Lock lock(mutex_);
    return store_.get();
}

Result<void> MovableStore::make_sockets(std::vector<Descriptor>& theirs) {
    own_sockets_.clear();
    const Lock lock(mutex_);
    for (MovableSession* const session : sessions_) {
        auto pair = socket_pair(SOCK_NONBLOCK);
        if (!pair) return fail(ErrorKind::unavailable, pair.error());
        own_sockets_.emplace(session, std::move(pair->first));
        theirs.push_back(std::move(pair->second));
    }
    return {};
}

// Does it on the loop of each session, and waits for none.
void MovableStore::everywhere(const Step& step) {
    const Lock lock(mutex_);
    post_to_all(step);
}

void MovableStore::post_to_all(const Step& step) {
    for (MovableSession* const session : sessions_) {
        boost::asio::post(session->loop(), [this, session, step] {
            if (is_open(session)) step(*session);
        });
    }
}

// A loop that comes to it too late does not do it any more.
Result<void> MovableStore::everywhere(const Patience& patience, const Step& step) {
    const auto progress = std::make_shared<StepProgress>(count());
    everywhere([step, progress](MovableSession& session) {
        if (!progress->may_begin()) return;
        step(session);
        progress->taken();
    });
    if (progress->wait(patience)) return {};
    return fail(ErrorKind::unavailable, "a worker did not answer in time");
}

std::size_t MovableStore::count() const {
    const Lock lock(mutex_);
    return sessions_.size();
}

}  // namespace bellwether::ledger
