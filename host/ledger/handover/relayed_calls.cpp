#include "ledger/handover/relayed_calls.hpp"

#include <vector>

namespace bellwether::ledger {
namespace {

constexpr const char* k_gone = "the host that had the ledger has gone";

}  // namespace

RelayedCalls::RelayedCalls(boost::asio::io_context& loop, Descriptor socket)
    : channel_(std::make_shared<RelayChannel>(loop, std::move(socket))) {
    channel_->start([this](std::string_view bytes) { answered(bytes); }, [this] { lost(); });
}

RelayedCalls::~RelayedCalls() {
    for (const auto& [id, asked] : holds_) {
        settle({.id = id,
                .amounts = std::vector<std::int64_t>(asked.claims),
                .usage = {},
                .recorded = false});
    }
    channel_->close();
}

void RelayedCalls::hold(Hold hold, LedgerSession::OnVerdict on_verdict) {
    if (!connected_) {
        return on_verdict({.answer = HoldAnswer::unavailable, .reason = k_gone});
    }
    holds_.insert_or_assign(hold.id, Unanswered{std::move(on_verdict), hold.claims.size()});
    channel_->send(to_bytes(RelayedAsk(std::move(hold))));
}

void RelayedCalls::settle(Settlement settlement) {
    channel_->send(to_bytes(RelayedAsk(std::move(settlement))));
}

void RelayedCalls::answered(std::string_view bytes) {
    auto answer = read_answer(bytes);
    if (!answer) return lost();
    auto asked = holds_.extract(answer->id);
    if (!asked.empty()) asked.mapped().on_verdict(std::move(answer->verdict));
}

void RelayedCalls::lost() {
    connected_ = false;
    channel_->close();
    for (auto& [id, asked] : std::exchange(holds_, {})) {
        asked.on_verdict({.answer = HoldAnswer::unavailable, .reason = k_gone});
    }
}

}  // namespace bellwether::ledger
