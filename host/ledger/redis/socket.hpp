// A TCP connection to a Redis server, with TLS or without. The one user of Asio's TLS. On one
// loop's thread; handlers come later, never from inside, and each at most once. After `close`, and
// after it is destroyed, none comes any more.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/redis/settings.hpp"

namespace bw::ledger {

class RedisSocket {
  public:
    // Empty text: it went well.
    using OnDone = std::move_only_function<void(std::string failure)>;
    using OnBytes = std::move_only_function<void(std::string failure, std::string_view bytes)>;

    explicit RedisSocket(boost::asio::io_context& loop);
    ~RedisSocket();
    RedisSocket(const RedisSocket&) = delete;
    RedisSocket& operator=(const RedisSocket&) = delete;

    void connect(const RedisSettings& settings, OnDone on_done);
    // One at a time each.
    void read(OnBytes on_bytes);
    void write(std::string bytes, OnDone on_done);
    void close();

    struct State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace bw::ledger
