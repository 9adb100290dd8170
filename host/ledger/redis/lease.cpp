#include "ledger/redis/lease.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "ledger/clock.hpp"

namespace bellwether::ledger {
namespace {

// A name for an epoch. It is random, so that it never comes again, even if the server forgets it.
std::string random_name() {
    static thread_local std::random_device device;
    return fmt::format("{:08x}{:06x}", device(), device() & 0xff'ffff);
}

}  // namespace

std::expected<Renewal, std::string> to_renewal(const RedisReply& reply) {
    if (reply.failed()) return std::unexpected(reply.text);
    if (reply.elements.size() < 3) return std::unexpected("its answer makes no sense");
    return Renewal{.server_us = reply.integer_at(0),
                   .epoch = reply.elements[1].text,
                   .looks = reply.integer_at(2)};
}

RedisLease::RedisLease(boost::asio::io_context& loop, RedisChannel channel, const RedisHolds& holds,
                       Terms terms, OnRenewed on_renewed)
    : channel_(std::move(channel)),
      holds_(holds),
      host_(std::to_string(terms.host)),
      renewed_after_(terms.lease_ms / 3),
      on_renewed_(std::move(on_renewed)),
      loop_(loop),
      timer_(loop) {}

void RedisLease::renew() {
    looking_ = true;
    channel_.run(Script::renew, {host_, random_name(), holds_.epoch(), std::to_string(looks_)},
                 [this, asked_us = steady_time_us()](const RedisAnswer& answer) {
                     looking_ = false;
                     if (!answer) return;
                     const auto renewal = to_renewal(*answer);
                     if (renewal) looks_ = renewal->looks;
                     on_renewed_(renewal, asked_us);
                 });
    timer_.expires_after(renewed_after_);
    timer_.async_wait([this](const auto& error) {
        if (!error && channel_.ready()) renew();
    });
}

void RedisLease::look() {
    if (looking_.exchange(true)) return;
    boost::asio::post(loop_, [this] {
        if (channel_.ready()) return renew();
        looking_ = false;  // no connection: a new one begins with a renewal anyway
    });
}

void RedisLease::leave(std::function<void()> on_done) {
    channel_.run(Script::leave, {host_},
                 [on_done = std::move(on_done)](const RedisAnswer&) { on_done(); });
}

}  // namespace bellwether::ledger
