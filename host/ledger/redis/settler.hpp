// Sends what was handed over to the outbox until the server has confirmed it. On the keeper's
// thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "ledger/redis/scripts.hpp"
#include "ledger/redis/send_queue.hpp"
#include "observe/seldom.hpp"

namespace bw::ledger {

// What became of a settlement that was sent.
enum class Sent : std::uint8_t {
    confirmed,
    lost,     // its hold, with all else that the server had: hold anew, and send again
    refused,  // for want of memory, perhaps
    unknown   // no answer came
};
Sent sent(const RedisAnswer& answer);

class RedisSettler {
  public:
    struct Hooks {
        std::function<void(const RedisOutbox::Task& task)> confirmed;
        std::function<void()> lost;
    };
    // The outbox outlives it.
    RedisSettler(boost::asio::io_context& loop, RedisChannel channel, RedisOutbox& outbox,
                 Hooks events);

    // What was handed over since.
    void send();
    // For a moment, after the server has refused something.
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

}  // namespace bw::ledger
