// `RelayedCalls` are the calls of one worker whose ledger another process has: it asks that
// process, over a channel, what a session asks its store. Used on its loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/descriptor.hpp"
#include "ledger/handover/channel.hpp"
#include "ledger/handover/wire.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {

class RelayedCalls {
  public:
    // `socket` leads to a `Relay`.
    RelayedCalls(boost::asio::io_context& loop, Descriptor socket);
    ~RelayedCalls();
    RelayedCalls(const RelayedCalls&) = delete;
    RelayedCalls& operator=(const RelayedCalls&) = delete;

    // As LedgerSession has them.
    void hold(Hold hold, LedgerSession::OnVerdict on_verdict);
    void when_durable(const HoldId& id, LedgerSession::OnDurable on_durable);
    void settle(Settlement settlement);

    // False: the other process has gone, and no hold can be given any more.
    bool connected() const { return connected_; }
    // How many holds it has not answered yet.
    std::size_t unanswered() const { return holds_.size(); }

  private:
    void answered(std::string_view bytes);
    void answer_nobody_more();

    boost::asio::io_context& loop_;
    std::shared_ptr<Channel> channel_;
    bool connected_ = true;
    std::unordered_map<HoldId, LedgerSession::OnVerdict, HoldIdHash> holds_;
    std::unordered_multimap<HoldId, LedgerSession::OnDurable, HoldIdHash> durables_;
};

}  // namespace bellwether::ledger
