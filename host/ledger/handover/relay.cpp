#include "ledger/handover/relay.hpp"

#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {

Relay::Relay(boost::asio::io_context& loop, Store& store, const std::vector<Hold>& holds,
             std::vector<Descriptor> sockets, std::function<void()> on_end)
    : on_end_(std::move(on_end)), session_(store.open(loop)) {
    for (const auto& hold : holds) holds_.emplace(hold.id, hold.estimate);
    for (auto& socket : sockets) {
        channels_.push_back(std::make_shared<RelayChannel>(loop, std::move(socket)));
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

void Relay::asked(const std::weak_ptr<RelayChannel>& channel, std::string_view bytes) {
    auto ask = read_ask(bytes);
    if (!ask) return observe::error("ledger: the old host asks what is no question");
    if (auto* const settlement = std::get_if<Settlement>(&*ask)) {
        holds_.erase(settlement->id);
        return session_->settle(std::move(*settlement));
    }
    auto& hold = std::get<Hold>(*ask);
    const AskedHold asked{.channel = channel, .id = hold.id, .claims = hold.claims.size()};
    UsageRow estimate = hold.estimate;
    session_->hold(
        std::move(hold), [this, asked, estimate = std::move(estimate)](Verdict verdict) mutable {
            if (verdict.answer != HoldAnswer::held) return answer(asked, std::move(verdict));
            holds_.emplace(asked.id, std::move(estimate));
            // The old host takes each hold for written that it has been given.
            session_->when_durable(
                asked.id, [this, asked, verdict = std::move(verdict)](bool durable) mutable {
                    if (durable) return answer(asked, std::move(verdict));
                    give_back(asked);
                    answer(asked, {.answer = HoldAnswer::unavailable,
                                   .reason = "the ledger of the new host cannot be written"});
                });
        });
}

// A host that has ended meanwhile settles nothing.
void Relay::answer(const AskedHold& asked, Verdict verdict) {
    if (channels_.empty() && verdict.answer == HoldAnswer::held) return give_back(asked);
    if (const auto open = asked.channel.lock()) {
        open->send(to_bytes(RelayedAnswer{asked.id, std::move(verdict)}));
    }
}

void Relay::give_back(const AskedHold& asked) {
    if (holds_.erase(asked.id) == 0) return;
    session_->settle({.id = asked.id,
                      .amounts = std::vector<std::int64_t>(asked.claims),
                      .usage = {},
                      .recorded = false});
}

void Relay::ended(const RelayChannel* channel) {
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
