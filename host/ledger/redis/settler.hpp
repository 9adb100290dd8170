// `RedisSettler` sends the settlements that were handed over in the outbox, each until the server
// has confirmed it. Used on the keeper's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "ledger/redis/scripts.hpp"
#include "ledger/redis/send_queue.hpp"
#include "observe/seldom.hpp"

namespace bellwether::ledger {

// The outcome of sending a settlement.
enum class Sent : std::uint8_t {
    confirmed,
    lost,     // the server has lost the hold: give the hold again, then send this again
    refused,  // the server answered by an error, for lack of memory perhaps
    unknown   // no answer came
};
Sent sent(const RedisAnswer& answer);

class RedisSettler {
  public:
    struct Hooks {
        std::function<void(const RedisOutbox::Task& task)> confirmed;
        std::function<void()> lost;
    };
    // The caller keeps the outbox for longer than this.
    RedisSettler(boost::asio::io_context& loop, RedisChannel channel, RedisOutbox& outbox,
                 Hooks events);

    // Sends what was handed over since the last call.
    void send();
    // Sends nothing for a moment, as the server has refused something.
    void pause(const std::string& why);
    void resume();

  private:
    void pump();
    void answered(RedisOutbox::TaskPointer task, const RedisAnswer& answer);

    const RedisChannel channel_;
    RedisOutbox& outbox_;
    const Hooks events_;
    SendQueue queue_;
    observe::Seldom refusal_lines_{std::chrono::minutes(1)};
    boost::asio::steady_timer pause_timer_;
};

}  // namespace bellwether::ledger
