// Who writes down what a book decides. Called under the book's mutex, so in the order in which it
// happened: an implementation takes what it is given and returns.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/tally.hpp"

namespace bw::ledger {

// A hold with the tallies that its claims were counted in, in their order.
struct HeldCall {
    explicit HeldCall(Hold given) : hold(std::move(given)) { tallies.reserve(hold.claims.size()); }

    Hold hold;
    std::vector<TallyPointer> tallies;
    std::uint64_t sequence = 0;  // of the journal; the book's own
};

// How a tally stands: all of it that outlives its book.
struct Mark {
    std::shared_ptr<const Tally> tally;  // its name and number; not what changes
    Window window;
    std::int64_t used = 0;
    RateState rate;
};

class Journal {
  public:
    virtual ~Journal() = default;

    // Gives the number of the entry; numbers rise.
    virtual std::uint64_t held(std::shared_ptr<const HeldCall> call, std::vector<Mark> marks) = 0;
    virtual void settled(std::shared_ptr<const HeldCall> call, Settlement settlement,
                         std::vector<Mark> marks) = 0;
    virtual void reset(std::vector<Mark> marks) = 0;
    // Nothing will be told of the tally any more, and no call in flight has claimed of it.
    virtual void forgotten(std::uint64_t tally) = 0;
};

}  // namespace bw::ledger
