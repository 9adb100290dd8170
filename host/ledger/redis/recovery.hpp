// What is done where the server has lost what it had: it is noticed, told, and what is in flight is
// held anew. A server that is there without what it had cannot be told from a new one: hosts go on
// with it, as nobody could bring back what is gone, and say so. On the keeper's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "ledger/redis/holds.hpp"
#include "ledger/redis/scripts.hpp"

namespace bw::ledger {

class RedisRecovery {
  public:
    struct Hooks {
        std::function<void()> emptied;  // it has lost it once more
        std::function<void(const std::string& why)> refused;
    };
    // The holds outlive it.
    RedisRecovery(RedisChannel channel, RedisHolds& holds, Hooks events);

    // The server's contents have this name.
    void found(const std::string& epoch);
    // Holds that do not stand in the present epoch.
    void hold_strays();

    std::uint64_t losses() const { return losses_; }  // any thread

  private:
    void hold_again(const Hold& hold, const std::string& epoch);

    const RedisChannel channel_;
    RedisHolds& holds_;
    const Hooks events_;
    std::atomic<std::uint64_t> losses_ = 0;
};

}  // namespace bw::ledger
