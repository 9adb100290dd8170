// `MovableSession` is a session of a `MovableStore`. Used on its loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/descriptor.hpp"
#include "ledger/handover/movable_store.hpp"
#include "ledger/handover/relayed_calls.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::ledger {

class MovableSession final : public LedgerSession {
  public:
    MovableSession(boost::asio::io_context& loop, MovableStore& owner, HoldNumbers numbers,
                   std::unique_ptr<LedgerSession> session);
    ~MovableSession() override;

    HoldId next_id() override { return numbers_.next(); }
    std::int64_t now_us() const override;
    void hold(Hold hold, OnVerdict on_verdict) override;
    Written written(const HoldId& id) const override;
    void when_durable(const HoldId& id, OnDurable on_durable) override;
    void settle(Settlement settlement) override;

    boost::asio::io_context& loop() const { return loop_; }

    // What it is asked waits from now on.
    void pause();
    // While it waits: no hold is given from now on, for this reason, and settlements wait on.
    void go_without(const std::string& reason);
    // While it waits: closes the session behind it.
    void let_go();
    // While it waits: goes on with the session behind it or, if that is closed, with a new one.
    void go_on(Store& store);
    // While it waits: goes on with the other process, by this socket.
    void follow(Descriptor socket);

  private:
    using Direct = std::unique_ptr<LedgerSession>;
    struct Waiting {
        Direct before;        // null: it is closed
        std::string without;  // why there is no ledger; empty: there will be one soon
        std::vector<std::move_only_function<void()>> asked;
    };
    using Relayed = std::unique_ptr<RelayedCalls>;

    void go_on_as(std::variant<Direct, Waiting, Relayed> state);

    boost::asio::io_context& loop_;
    MovableStore& owner_;
    HoldNumbers numbers_;
    std::variant<Direct, Waiting, Relayed> state_;
};

}  // namespace bellwether::ledger
