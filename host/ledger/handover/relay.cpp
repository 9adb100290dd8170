#include "ledger/handover/relay.hpp"

#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {

Relay::Relay(boost::asio::io_context& loop, Store& store, const std::vector<Hold>& holds,
             std::vector<Descriptor> sockets, std::function<void()> on_end)
    : on_end_(std::move(on_end)), session_(store.open(loop)) {
    for (const auto& hold : holds) holds_.emplace(hold.id, hold.estimate);
    for (auto& socket : sockets) {
        channels_.push_back(std::make_shared<Channel>(loop, std::move(socket)));
    }
    for (const auto& channel : channels_) {
        channel->start(
            [this, one = std::weak_ptr(channel)](std::string_view bytes) { asked(one, bytes); },
            [this, one = channel.get()] { ended(one); });
    }
}

Relay::~Relay() {
    for (const auto& channel : channels_) channel->close();
}

void Relay::asked(const std::weak_ptr<Channel>& channel, std::string_view bytes) {
    auto ask = read_ask(bytes);
    if (!ask) return observe::error("ledger: the old host asks what is no question");
    const auto send = [channel](const RelayedAnswer& answer) {
        if (const auto open = channel.lock()) open->send(to_bytes(answer));
    };
    if (auto* const hold = std::get_if<Hold>(&*ask)) {
        const HoldId id = hold->id;
        UsageRow estimate = hold->estimate;
        session_->hold(std::move(*hold),
                       [this, id, estimate = std::move(estimate), send](Verdict verdict) mutable {
                           if (verdict.answer == HoldAnswer::held)
                               holds_.emplace(id, std::move(estimate));
                           send(HoldDecided{id, std::move(verdict)});
                       });
    } else if (auto* const settlement = std::get_if<Settlement>(&*ask)) {
        holds_.erase(settlement->id);
        session_->settle(std::move(*settlement));
    } else {
        const HoldId id = std::get<AskDurable>(*ask).id;
        session_->when_durable(id, [id, send](bool durable) { send(DurableDecided{id, durable}); });
    }
}

void Relay::ended(const Channel* channel) {
    std::erase_if(channels_, [channel](const auto& one) { return one.get() == channel; });
    if (!channels_.empty()) return;
    settle_lost();
    on_end_();
}

// The amounts that are not told are those that were claimed.
void Relay::settle_lost() {
    if (holds_.empty()) return;
    observe::warn(
        "ledger: calls settled at their estimates, as the old host ended before they did: {}",
        holds_.size());
    for (auto& [id, estimate] : std::exchange(holds_, {})) {
        session_->settle({.id = id, .amounts = {}, .usage = lost_row(std::move(estimate))});
    }
}

}  // namespace bellwether::ledger
