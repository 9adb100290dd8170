// The calls in flight that this host holds in Redis, and the epoch of Redis in which it does: a
// random name that the server's contents bear, and that is lost with them. What is held outlives
// the contents here, so that it can be held anew. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"

namespace bw::ledger {

class RedisHolds {
  public:
    // Empty: none is known yet.
    std::string epoch() const;
    // True: there was another one before.
    bool enter(const std::string& epoch);

    void add(Hold hold, std::string epoch);
    void remove(const HoldId& id);
    // Of the present one, if the hold is not known.
    std::string epoch_of(const HoldId& id) const;
    // Those that are not known to stand in the present epoch, and that nobody has taken to place
    // them there: whoever takes them says what became of each.
    std::vector<Hold> take_strays();
    // It stands in that epoch, too.
    void placed(const HoldId& id, const std::string& epoch);
    // It could not be placed, and is a stray again.
    void not_placed(const HoldId& id);

  private:
    struct Held {
        Hold hold;
        std::string given;   // in which epoch: what its settlement says
        std::string placed;  // in which it stands, as far as is known
        std::string taken;   // in which it is being placed
    };

    mutable Mutex mutex_;
    std::string epoch_ GUARDED_BY(mutex_);
    std::unordered_map<HoldId, Held, HoldIdHash> held_ GUARDED_BY(mutex_);
};

}  // namespace bw::ledger
