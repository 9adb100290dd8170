// `RedisConnection` is a connection to the ledger's Redis server that connects again by itself when
// it is lost. Commands are pipelined: each is sent at once, and the answers come in the same order.
// During the first attempt to connect, and the first after a loss, commands wait for its outcome.
// When it has failed they fail at once, with the reason, until a later attempt succeeds. No command
// is ever sent twice. A server that answers that it is the wrong one (a replica, or still loading)
// counts as a lost connection. Used on its loop's thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ledger/redis/reply.hpp"
#include "ledger/redis/settings.hpp"
#include "ledger/redis/socket.hpp"

namespace bellwether::ledger {

// How many commands of a connection may wait for their answers. While there is no connection, as
// many may wait for it.
inline constexpr std::size_t k_redis_waiting_max = 10'000;

struct RedisFailure {
    std::string reason;         // for a person; names the server, never the password
    bool perhaps_done = false;  // the command was sent, so the server may have carried it out
};
using RedisAnswer = std::expected<RedisReply, RedisFailure>;

class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
  public:
    using OnAnswer = std::move_only_function<void(RedisAnswer)>;
    // The commands that are sent on every connection before those of callers. If one of them is
    // answered by an error, the attempt to connect has failed.
    using Opening = std::vector<std::string>;

    static std::shared_ptr<RedisConnection> make(boost::asio::io_context& loop,
                                                 RedisSettings settings, Opening opening);

    // Connects, and connects again whenever the connection is lost. `on_change` is called with an
    // empty reason each time the connection is ready, and with the reason each time it is lost or
    // an attempt has failed.
    void start(std::function<void(const std::string& reason)> on_change = {});
    bool ready() const { return state_ == State::ready; }
    // Whether the last attempt failed because the server refused it (a wrong password, for one), so
    // that the next attempt would fail in the same way.
    bool refused() const { return refused_; }
    const std::string& why_not() const { return reason_; }
    const std::vector<RedisReply>& greetings() const { return greetings_; }

    // Sends a command. If it fails at once, it calls back from inside.
    void send(std::string command, OnAnswer on_answer);
    // Closes the connection for good. Commands that still wait fail now, from inside.
    void close();

  private:
    enum class State : std::uint8_t { apart, connecting, opening, ready, closed };
    using Clock = std::chrono::steady_clock;
    struct Unsent {
        std::string command;
        OnAnswer on_answer;
    };
    struct Waiting {
        OnAnswer on_answer;
        Clock::time_point deadline;
    };

    RedisConnection(boost::asio::io_context& loop, RedisSettings settings, Opening opening);

    void connect();
    void open();
    void opened(const RedisAnswer& answer);
    void enqueue(std::string command, OnAnswer on_answer);
    void flush();
    void read();
    void received(std::string_view bytes);
    void lost(std::string reason);
    void fail_all(const std::string& reason);
    void fail_unsent(const std::string& reason);
    void retry();
    void watch();
    void check();

    boost::asio::io_context& loop_;
    const RedisSettings settings_;
    const Opening opening_;
    std::function<void(const std::string&)> on_change_;
    State state_ = State::apart;
    bool refused_ = false;
    std::string reason_;
    std::unique_ptr<RedisSocket> socket_;
    RedisReader reader_;
    bool may_wait_ = true;  // no attempt has failed yet, or none since the last that succeeded
    std::deque<Unsent> unsent_;
    std::deque<Waiting> waiting_;
    std::vector<RedisReply> greetings_;
    std::string output_;  // bytes that the socket has not got yet
    bool writing_ = false;
    int attempts_ = 0;  // how many have failed, one after another
    boost::asio::steady_timer retry_timer_;
    boost::asio::steady_timer watch_timer_;  // for the deadline of the oldest command
    bool watched_ = false;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace bellwether::ledger
