// `RedisLease` renews this host's lease in Redis. As long as the lease runs, no other host settles
// this host's calls. Each renewal also tells the server's time and the epoch of its contents.
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

namespace bellwether::ledger {

// What the server answers to a renewal.
struct Renewal {
    std::int64_t server_us = 0;
    std::string epoch;
    std::int64_t looks = 0;  // how often all hosts together have looked at this epoch
};
// The error is the server's message, or says that its answer makes no sense.
std::expected<Renewal, std::string> to_renewal(const RedisReply& reply);

// Used on the keeper's thread, except `look`.
class RedisLease {
  public:
    using OnRenewed = std::function<void(const std::expected<Renewal, std::string>& renewal,
                                         std::int64_t asked_steady_us)>;

    struct Terms {
        std::uint64_t host = 0;
        std::int64_t lease_ms = 0;
    };
    // The caller keeps `holds` for longer than the lease.
    RedisLease(boost::asio::io_context& loop, RedisChannel channel, const RedisHolds& holds,
               Terms terms, OnRenewed on_renewed);

    // Renews the lease now, and then after each third of its length while the connection lasts.
    void renew();
    // Renews the lease at once, to see whether the server has lost its contents. Any thread may
    // call it.
    void look();
    // Gives the lease back if this host holds nothing.
    void leave(std::function<void()> on_done);

  private:
    const RedisChannel channel_;
    const RedisHolds& holds_;
    const std::string host_;
    const std::chrono::milliseconds renewed_after_;
    const OnRenewed on_renewed_;
    boost::asio::io_context& loop_;
    boost::asio::steady_timer timer_;
    std::int64_t looks_ = 0;             // as the last renewal told it
    std::atomic<bool> looking_ = false;  // a renewal was sent, and its answer is not there yet
};

}  // namespace bellwether::ledger
