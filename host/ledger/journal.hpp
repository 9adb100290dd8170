// `Journal` records what a book decides. The book calls it with its mutex held, so the calls come
// in the order of the decisions; an implementation must not wait, and only keeps what it is given.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/tally.hpp"

namespace bellwether::ledger {

// A hold with the tallies that its claims were counted in, in their order.
struct HeldCall {
    explicit HeldCall(Hold given) : hold(std::move(given)) { tallies.reserve(hold.claims.size()); }

    Hold hold;
    std::vector<TallyPointer> tallies;
    std::uint64_t sequence = 0;  // what Journal::held returned; only the book uses it
};

// A copy of those values of a tally that a journal has to keep.
struct Mark {
    std::shared_ptr<const Tally> tally;  // only for its const members, such as name and number
    Window window;
    std::int64_t used = 0;
    RateState rate;
};

class Journal {
  public:
    virtual ~Journal() = default;

    // Returns the sequence number of the entry; each is greater than those before it.
    virtual std::uint64_t held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) = 0;
    virtual void settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                         std::vector<Mark> marks) = 0;
    virtual void reset(std::vector<Mark> marks) = 0;
    // The book has dropped the tally: no later entry names it, and no call in flight has claimed
    // from it.
    virtual void forgotten(std::uint64_t tally) = 0;
};

}  // namespace bellwether::ledger
