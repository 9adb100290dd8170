// `RedisSocket` is a TCP connection to a Redis server, with TLS or without. No other file uses
// Asio's TLS. Used on one loop's thread. A handler is called at most once, and later, never from
// inside. After `close`, or when the socket is destroyed, no handler is called any more.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/redis/settings.hpp"

namespace bellwether::ledger {

class RedisSocket {
  public:
    // An empty `failure` means success.
    using OnDone = std::move_only_function<void(std::string failure)>;
    using OnBytes = std::move_only_function<void(std::string failure, std::string_view bytes)>;

    explicit RedisSocket(boost::asio::io_context& loop);
    ~RedisSocket();
    RedisSocket(const RedisSocket&) = delete;
    RedisSocket& operator=(const RedisSocket&) = delete;

    void connect(const RedisSettings& settings, OnDone on_done);
    // Only one read and one write at a time.
    void read(OnBytes on_bytes);
    void write(std::string bytes, OnDone on_done);
    void close();

    struct State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace bellwether::ledger
