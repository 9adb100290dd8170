#include "ledger/handover/movable_session.hpp"

#include <utility>

#include "ledger/clock.hpp"

namespace bellwether::ledger {

MovableSession::MovableSession(boost::asio::io_context& loop, MovableStore& owner,
                               HoldNumbers numbers, std::unique_ptr<LedgerSession> session)
    : loop_(loop), owner_(owner), numbers_(numbers), state_(std::move(session)) {
    if (!std::get<Direct>(state_)) state_ = Waiting();
}

MovableSession::~MovableSession() { owner_.closed(this); }

// A session that waits has no store to ask; all stores that move have this clock.
std::int64_t MovableSession::now_us() const {
    const auto* const direct = std::get_if<Direct>(&state_);
    return direct != nullptr ? (*direct)->now_us() : system_time_us();
}

void MovableSession::hold(Hold hold, OnVerdict on_verdict) {
    if (auto* const direct = std::get_if<Direct>(&state_)) {
        return (*direct)->hold(std::move(hold), std::move(on_verdict));
    }
    if (auto* const relayed = std::get_if<Relayed>(&state_)) {
        return (*relayed)->hold(std::move(hold), std::move(on_verdict));
    }
    auto& waiting = std::get<Waiting>(state_);
    if (!waiting.without.empty()) {
        return on_verdict({.answer = HoldAnswer::unavailable, .reason = waiting.without});
    }
    waiting.asked.emplace_back(
        [this, hold = std::move(hold), on_verdict = std::move(on_verdict)]() mutable {
            this->hold(std::move(hold), std::move(on_verdict));
        });
}

Written MovableSession::written(const HoldId& id) const {
    if (const auto* const direct = std::get_if<Direct>(&state_)) return (*direct)->written(id);
    const auto* const waiting = std::get_if<Waiting>(&state_);
    return waiting == nullptr || !waiting->without.empty() ? Written::yes : Written::not_yet;
}

void MovableSession::when_durable(const HoldId& id, OnDurable on_durable) {
    if (auto* const direct = std::get_if<Direct>(&state_)) {
        return (*direct)->when_durable(id, std::move(on_durable));
    }
    auto* const waiting = std::get_if<Waiting>(&state_);
    // A store is closed when all that it gave is written, and none has been given since.
    if (waiting == nullptr || !waiting->without.empty()) return on_durable(true);
    waiting->asked.emplace_back([this, id, on_durable = std::move(on_durable)]() mutable {
        when_durable(id, std::move(on_durable));
    });
}

void MovableSession::settle(Settlement settlement) {
    if (auto* const direct = std::get_if<Direct>(&state_)) {
        return (*direct)->settle(std::move(settlement));
    }
    if (auto* const relayed = std::get_if<Relayed>(&state_)) {
        return (*relayed)->settle(std::move(settlement));
    }
    std::get<Waiting>(state_).asked.emplace_back(
        [this, settlement = std::move(settlement)]() mutable { settle(std::move(settlement)); });
}

void MovableSession::pause() {
    if (auto* const direct = std::get_if<Direct>(&state_)) {
        state_ = Waiting{.before = std::move(*direct), .without = {}, .asked = {}};
    }
}

void MovableSession::go_without(const std::string& reason) {
    auto* const waiting = std::get_if<Waiting>(&state_);
    if (waiting == nullptr) return;
    waiting->before.reset();
    waiting->without = reason;
    for (auto& ask : std::exchange(waiting->asked, {})) ask();
}

void MovableSession::let_go() {
    if (auto* const waiting = std::get_if<Waiting>(&state_)) waiting->before.reset();
}

void MovableSession::go_on(Store& store) {
    auto* const waiting = std::get_if<Waiting>(&state_);
    if (waiting == nullptr) return;
    go_on_as(waiting->before ? std::move(waiting->before) : store.open(loop_));
}

void MovableSession::follow(Descriptor socket) {
    if (!std::holds_alternative<Waiting>(state_)) return;
    go_on_as(std::make_unique<RelayedCalls>(loop_, std::move(socket)));
}

void MovableSession::go_on_as(std::variant<Direct, Waiting, Relayed> state) {
    auto asked = std::move(std::get<Waiting>(state_).asked);
    state_ = std::move(state);
    for (auto& ask : asked) ask();
}

}  // namespace bellwether::ledger
