#include "ledger/handover/relayed_calls.hpp"

#include <boost/asio/post.hpp>

namespace bellwether::ledger {
namespace {

constexpr const char* k_gone = "the host that had the ledger has gone";

}  // namespace

RelayedCalls::RelayedCalls(boost::asio::io_context& loop, Descriptor socket)
    : loop_(loop), channel_(std::make_shared<Channel>(loop, std::move(socket))) {
    channel_->start([this](std::string_view bytes) { answered(bytes); },
                    [this] { answer_nobody_more(); });
}

RelayedCalls::~RelayedCalls() { channel_->close(); }

void RelayedCalls::hold(Hold hold, LedgerSession::OnVerdict on_verdict) {
    if (!connected_) {
        return on_verdict({.answer = HoldAnswer::unavailable, .reason = k_gone});
    }
    holds_.insert_or_assign(hold.id, std::move(on_verdict));
    channel_->send(to_bytes(RelayedAsk(std::move(hold))));
}

void RelayedCalls::when_durable(const HoldId& id, LedgerSession::OnDurable on_durable) {
    if (!connected_) {
        boost::asio::post(loop_,
                          [on_durable = std::move(on_durable)]() mutable { on_durable(false); });
        return;
    }
    durables_.emplace(id, std::move(on_durable));
    channel_->send(to_bytes(RelayedAsk(AskDurable{id})));
}

void RelayedCalls::settle(Settlement settlement) {
    channel_->send(to_bytes(RelayedAsk(std::move(settlement))));
}

void RelayedCalls::answered(std::string_view bytes) {
    auto answer = read_answer(bytes);
    if (!answer) return answer_nobody_more();
    if (auto* const decided = std::get_if<HoldDecided>(&*answer)) {
        auto asked = holds_.extract(decided->id);
        if (!asked.empty()) asked.mapped()(std::move(decided->verdict));
        return;
    }
    const auto& decided = std::get<DurableDecided>(*answer);
    for (auto asked = durables_.extract(decided.id); !asked.empty();
         asked = durables_.extract(decided.id)) {
        asked.mapped()(decided.durable);
    }
}

void RelayedCalls::answer_nobody_more() {
    connected_ = false;
    channel_->close();
    for (auto& [id, on_verdict] : std::exchange(holds_, {})) {
        on_verdict({.answer = HoldAnswer::unavailable, .reason = k_gone});
    }
    for (auto& [id, on_durable] : std::exchange(durables_, {})) on_durable(false);
}

}  // namespace bellwether::ledger
