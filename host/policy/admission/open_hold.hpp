// A hold that the ledger has given, and that has to be settled exactly once. If nobody has settled
// it when it is destroyed, it is settled at what was held: unknown is never free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"

namespace bellwether::policy {

class OpenHold {
  public:
    // Makes the settlement if nobody else settles the hold. `OpenHold` fills in the id.
    using AtWhatWasHeld = std::move_only_function<ledger::Settlement()>;

    // The session must outlive it.
    OpenHold(ledger::LedgerSession& session, ledger::HoldId id, AtWhatWasHeld at_what_was_held)
        : session_(&session), id_(id), at_what_was_held_(std::move(at_what_was_held)) {}
    ~OpenHold() { finish(); }
    OpenHold(OpenHold&& other) noexcept
        : session_(std::exchange(other.session_, nullptr)),
          id_(other.id_),
          at_what_was_held_(std::move(other.at_what_was_held_)) {}
    OpenHold& operator=(OpenHold&& other) noexcept {
        if (this == &other) return *this;
        finish();
        session_ = std::exchange(other.session_, nullptr);
        id_ = other.id_;
        at_what_was_held_ = std::move(other.at_what_was_held_);
        return *this;
    }

    const ledger::HoldId& id() const { return id_; }

    // Settles the hold at what was used. If it was settled already, nothing happens.
    void settle(ledger::Settlement settlement) && {
        ledger::LedgerSession* const session = std::exchange(session_, nullptr);
        if (session == nullptr) return;
        settlement.id = id_;
        session->settle(std::move(settlement));
    }
    // Gives all claims back, because the call has used nothing.
    void release(std::size_t claims) && {
        std::move(*this).settle({.amounts = std::vector<std::int64_t>(claims), .recorded = false});
    }

  private:
    void finish() {
        if (session_ != nullptr) std::move(*this).settle(at_what_was_held_());
    }

    ledger::LedgerSession* session_;  // null: settled, or moved from
    ledger::HoldId id_;
    AtWhatWasHeld at_what_was_held_;
};

}  // namespace bellwether::policy
