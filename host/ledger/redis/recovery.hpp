// `RedisRecovery` acts when the server has lost its contents: it logs the loss, counts it, and
// gives the holds of calls in flight again. The host goes on with the empty server and its budgets
// begin at 0, as nobody could bring the contents back. Used on the keeper's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "ledger/redis/holds.hpp"
#include "ledger/redis/scripts.hpp"

namespace bellwether::ledger {

class RedisRecovery {
  public:
    struct Hooks {
        std::function<void()> emptied;  // the server has lost its contents once more
        std::function<void(const std::string& why)> refused;  // by an error
    };
    // The caller keeps `holds` for longer than this.
    RedisRecovery(RedisChannel channel, RedisHolds& holds, Hooks events);

    // Takes note of the epoch that the server is in. Another one than before means a loss.
    void found(const std::string& epoch);
    // Gives the holds again that the server does not have in the present epoch.
    void hold_strays();

    std::uint64_t losses() const { return losses_; }  // any thread

  private:
    void hold_again(const Hold& hold, const std::string& epoch);

    const RedisChannel channel_;
    RedisHolds& holds_;
    const Hooks events_;
    std::atomic<std::uint64_t> losses_ = 0;
};

}  // namespace bellwether::ledger
