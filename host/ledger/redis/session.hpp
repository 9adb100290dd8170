// `RedisSession` is the Redis ledger as one worker uses it, with a connection of its own on the
// worker's loop.
#pragma once

#include <memory>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/numbers.hpp"
#include "ledger/redis/holds.hpp"
#include "ledger/redis/keeper.hpp"

namespace bellwether::ledger {

// When this many settlements of the host wait to be confirmed, no hold is given.
inline constexpr std::size_t k_unconfirmed_max = 100'000;

// The state that all sessions of a host share.
struct RedisHost {
    explicit RedisHost(const RedisSettings& settings);

    HoldNumberSource numbers;
    const std::shared_ptr<const RedisScripts> scripts;
    RedisHolds holds;
    RedisKeeper keeper;
};

class RedisSession final : public LedgerSession {
  public:
    RedisSession(boost::asio::io_context& loop, const RedisSettings& settings,
                 std::shared_ptr<RedisHost> host);
    ~RedisSession() override;

    HoldId next_id() override;
    std::int64_t now_us() const override;
    void hold(Hold hold, OnVerdict on_verdict) override;
    void when_durable(const HoldId& id, OnDurable on_durable) override;
    void settle(Settlement settlement) override;

  private:
    const std::shared_ptr<RedisHost> host_;
    const std::shared_ptr<RedisConnection> connection_;
    const std::shared_ptr<bool> alive_;
    HoldNumbers numbers_;
};

}  // namespace bellwether::ledger
