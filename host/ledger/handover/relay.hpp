// `Relay` serves calls of the host before this one, which finishes them, from this host's ledger:
// each worker of the old host asks over a channel of its own. A hold of the old host that is not
// settled when its last channel has closed is settled at its estimate. On one loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/descriptor.hpp"
#include "ledger/handover/relay_channel.hpp"
#include "ledger/handover/wire.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {

class Relay {
  public:
    // `holds`: those of the old host that the store has taken over. `sockets`: where its workers
    // ask. `on_end` is called when the last of them has closed. The store outlives the relay.
    Relay(
        boost::asio::io_context& loop, Store& store, const std::vector<Hold>& holds,
        std::vector<Descriptor> sockets, std::function<void()> on_end = [] {});
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

  private:
    // A hold that was asked for.
    struct AskedHold {
        std::weak_ptr<RelayChannel> channel;
        HoldId id;
        std::size_t claims = 0;
    };

    void asked(const std::weak_ptr<RelayChannel>& channel, std::string_view bytes);
    void answer(const AskedHold& asked, Verdict verdict);
    void give_back(const AskedHold& asked);
    void ended(const RelayChannel* channel);
    void settle_lost();

    const std::function<void()> on_end_;
    std::unique_ptr<LedgerSession> session_;
    std::unordered_map<HoldId, UsageRow, HoldIdHash> holds_;  // their estimates
    std::vector<std::shared_ptr<RelayChannel>> channels_;
};

}  // namespace bellwether::ledger
