#include "ledger/sqlite/durability.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace bellwether::ledger {

bool Durability::Waiters::wait(std::uint64_t sequence, LedgerSession::OnDurable on_durable) {
    if (sequence <= durability_.written()) return on_durable(true), false;
    waiting_.emplace(sequence, std::move(on_durable));
    waits_ = true;
    // The writer may have decided, and looked at waits_, before waits_ was set here.
    if (decided(sequence)) post();
    return true;
}

bool Durability::Waiters::decided(std::uint64_t sequence) const {
    return durability_.failing() || sequence <= durability_.written();
}

void Durability::Waiters::deliver() {
    const auto self = shared_from_this();  // a callback may close the session
    while (!waiting_.empty()) {
        const auto first = waiting_.begin();
        if (!decided(first->first)) {
            waits_ = true;
            if (!decided(first->first)) return;
        }
        const bool durable = first->first <= durability_.written();
        auto on_durable = std::move(first->second);
        waiting_.erase(first);
        on_durable(durable);
    }
}

void Durability::Waiters::post() {
    if (!waits_.exchange(false)) return;
    boost::asio::post(loop_, [self = shared_from_this()] {
        if (!self->waiting_.empty()) self->deliver();
    });
}

std::shared_ptr<Durability::Waiters> Durability::open(boost::asio::io_context& loop) {
    auto waiters = std::make_shared<Waiters>(loop, *this);
    const Lock lock(mutex_);
    waiting_sessions_.push_back(waiters);
    return waiters;
}

void Durability::close(const std::shared_ptr<Waiters>& waiters) {
    {
        const Lock lock(mutex_);
        std::erase(waiting_sessions_, waiters);
    }
    waiters->waiting_.clear();
}

void Durability::advance(std::uint64_t sequence) {
    written_ = sequence;
    failing_ = false;
    post();
}

void Durability::fail() {
    failing_ = true;
    post();
}

void Durability::post() {
    const Lock lock(mutex_);
    for (const auto& waiters : waiting_sessions_) waiters->post();
}

}  // namespace bellwether::ledger
