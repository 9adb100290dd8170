// This host's lease in Redis: while it is renewed, no other host settles this one's calls. Each
// renewal also tells the server's time and whose contents it has.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "ledger/redis/holds.hpp"
#include "ledger/redis/scripts.hpp"

namespace bw::ledger {

// What a renewal told.
struct Renewal {
    std::int64_t server_us = 0;
    std::string epoch;
    std::int64_t looks = 0;  // at this epoch, of all hosts
};
// The error is what the server said, or that it makes no sense.
std::expected<Renewal, std::string> to_renewal(const RedisReply& reply);

// On the keeper's thread, but for `look`.
class RedisLease {
  public:
    using OnRenewed = std::function<void(const std::expected<Renewal, std::string>& renewal,
                                         std::int64_t asked_steady_us)>;

    struct Terms {
        std::uint64_t host = 0;
        std::int64_t lease_ms = 0;
    };
    // The holds outlive it.
    RedisLease(boost::asio::io_context& loop, RedisChannel channel, const RedisHolds& holds,
               Terms terms, OnRenewed on_renewed);

    // Now, and then well before it ends, for as long as the connection lasts.
    void renew();
    // At once, from any thread: to see whether the server still has what it had.
    void look();
    // Gives it back, if this host holds nothing.
    void leave(std::function<void()> on_done);

  private:
    const RedisChannel channel_;
    const RedisHolds& holds_;
    const std::string host_;
    const std::chrono::milliseconds renewed_after_;
    const OnRenewed on_renewed_;
    boost::asio::io_context& loop_;
    boost::asio::steady_timer timer_;
    std::int64_t looks_ = 0;             // that the last renewal told
    std::atomic<bool> looking_ = false;  // a renewal is on its way
};

}  // namespace bw::ledger
