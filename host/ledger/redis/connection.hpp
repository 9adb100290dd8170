// A connection to the ledger's Redis server that mends itself. Commands are sent at once, one
// behind another, and answered in order. Where the first attempt to connect, or to connect again,
// is still to be decided, they wait for it; once it has failed, and until one succeeds, they fail
// at once, with the reason. None is ever sent twice. A server that answers that it is not, or not
// yet, the one to ask is a connection that is lost. On one loop's thread.
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

namespace bw::ledger {

// Commands of one connection that wait for their answers; as many again may wait for a connection.
inline constexpr std::size_t k_redis_waiting_max = 10'000;

struct RedisFailure {
    std::string reason;         // for a person; names the server, never the password
    bool perhaps_done = false;  // it was sent: whether it was carried out is not known
};
using RedisAnswer = std::expected<RedisReply, RedisFailure>;

class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
  public:
    using OnAnswer = std::move_only_function<void(RedisAnswer)>;
    // What the server is told first on every connection; each must be answered without an error.
    using Opening = std::vector<std::string>;

    static std::shared_ptr<RedisConnection> make(boost::asio::io_context& loop,
                                                 RedisSettings settings, Opening opening);

    // Connects, and again whenever the connection is lost. `on_change` is called each time that it
    // is there (no reason) or that it is gone or an attempt to have it has failed (the reason).
    void start(std::function<void(const std::string& reason)> on_change = {});
    bool ready() const { return state_ == State::ready; }
    // What the last attempt died of was said by the server itself: it would say it again.
    bool refused() const { return refused_; }
    const std::string& why_not() const { return reason_; }
    const std::vector<RedisReply>& greetings() const { return greetings_; }

    // May call back from inside, if it fails at once.
    void send(std::string command, OnAnswer on_answer);
    // For good. What still waits fails now, from inside.
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
    bool hopeful_ = true;  // no attempt has failed since the last that did not
    std::deque<Unsent> unsent_;
    std::deque<Waiting> waiting_;
    std::vector<RedisReply> greetings_;
    std::string output_;  // not given to the socket yet
    bool writing_ = false;
    int attempts_ = 0;  // in vain, one after another
    boost::asio::steady_timer retry_timer_;
    boost::asio::steady_timer watch_timer_;  // for the oldest answer
    bool watched_ = false;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace bw::ledger
