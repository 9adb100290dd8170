// Cleans up in Redis for all hosts: settles the calls of hosts whose lease has run out, and takes
// out what is old. Several hosts may do so at once: what one has taken out the next does not find.
// On the keeper's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "ledger/redis/scripts.hpp"

namespace bw::ledger {

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

}  // namespace bw::ledger
