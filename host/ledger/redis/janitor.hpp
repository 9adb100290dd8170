// `RedisJanitor` cleans up in Redis for all hosts: it settles the calls of hosts whose lease has
// run out, and deletes old data. Several hosts may do so at once, as each script is atomic: what
// one has settled or deleted, the next does not find. Used on the keeper's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "ledger/redis/scripts.hpp"

namespace bellwether::ledger {

class RedisJanitor {
  public:
    RedisJanitor(boost::asio::io_context& loop, RedisChannel channel);

    void clean();

  private:
    void reap();
    void thin();

    const RedisChannel channel_;
    boost::asio::steady_timer thin_timer_;
    bool thinning_ = false;
};

}  // namespace bellwether::ledger
