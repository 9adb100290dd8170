// `RedisHolds` remembers the holds of this host's calls in flight, and the present epoch of the
// server. The epoch is a random name that the server keeps with its contents and loses with them.
// If that happens, the holds are still known here and can be given again. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"

namespace bellwether::ledger {

class RedisHolds {
  public:
    // The present epoch; empty if none is known yet.
    std::string epoch() const;
    // Sets the present epoch. Returns true if there was another one before: the server has lost its
    // contents.
    bool enter(const std::string& epoch);

    void add(Hold hold, std::string epoch);
    void remove(const HoldId& id);
    // The epoch that the hold was given in; the present one if the hold is not known.
    std::string epoch_of(const HoldId& id) const;
    // Returns the strays: holds that the server does not have in the present epoch, as far as is
    // known. The caller gives each of them again, and says how that ended (`placed`, `not_placed`);
    // until then it is not returned once more, unless the epoch changes again.
    std::vector<Hold> take_strays();
    // The server has the hold in that epoch, too.
    void placed(const HoldId& id, const std::string& epoch);
    // The hold could not be given again, and is a stray once more.
    void not_placed(const HoldId& id);

  private:
    struct Held {
        Hold hold;
        std::string given;   // the epoch that it was given in first; its settlement names this one
        std::string placed;  // the last epoch in which the server is known to have it
        std::string taken;   // the epoch in which somebody is giving it again
    };

    mutable Mutex mutex_;
    std::string epoch_ GUARDED_BY(mutex_);
    std::unordered_map<HoldId, Held, HoldIdHash> held_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::ledger
