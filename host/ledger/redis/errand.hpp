// `RedisErrand` is a connection for one report or one reset, with a loop of its own. Its functions
// block until the answer is there, so a thread that serves clients' calls must not use it. The
// admin listener's thread and the command line do. One thread at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "ledger/redis/connection.hpp"
#include "ledger/redis/scripts.hpp"

namespace bellwether::ledger {

class RedisErrand {
  public:
    RedisErrand(const RedisSettings& settings, std::shared_ptr<const RedisScripts> scripts);
    ~RedisErrand();
    RedisErrand(const RedisErrand&) = delete;
    RedisErrand& operator=(const RedisErrand&) = delete;

    // Run() and ask() do it, too.
    Result<void> connect();
    // Why that has failed, and whether the server has refused it and would again.
    const std::string& why_not() const { return connection_->why_not(); }
    bool refused() const { return connection_->refused(); }

    Result<RedisReply> run(Script script, std::vector<std::string> arguments);
    Result<RedisReply> ask(const std::vector<std::string_view>& words);

  private:
    Result<RedisReply> outcome();

    const std::shared_ptr<const RedisScripts> scripts_;
    boost::asio::io_context loop_{1};
    const std::shared_ptr<RedisConnection> connection_;
    bool started_ = false;
    bool done_ = false;
    RedisAnswer answer_;
};

}  // namespace bellwether::ledger
