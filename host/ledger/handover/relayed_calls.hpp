// `RelayedCalls` are the calls of one worker whose ledger another process has: it asks that
// process, over a channel, what a session asks its store. Used on its loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/descriptor.hpp"
#include "ledger/handover/relay_channel.hpp"
#include "ledger/handover/wire.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {

class RelayedCalls {
  public:
    // `socket` leads to a `Relay`. When the object goes, what it has not been answered is given
    // back.
    RelayedCalls(boost::asio::io_context& loop, Descriptor socket);
    ~RelayedCalls();
    RelayedCalls(const RelayedCalls&) = delete;
    RelayedCalls& operator=(const RelayedCalls&) = delete;

    // As LedgerSession has them. Each hold that is given is written.
    void hold(Hold hold, LedgerSession::OnVerdict on_verdict);
    void settle(Settlement settlement);

  private:
    struct Unanswered {
        LedgerSession::OnVerdict on_verdict;
        std::size_t claims = 0;
    };

    void answered(std::string_view bytes);
    void lost();

    std::shared_ptr<RelayChannel> channel_;
    bool connected_ = true;  // false: the other process has gone
    std::unordered_map<HoldId, Unanswered, HoldIdHash> holds_;
};

}  // namespace bellwether::ledger
