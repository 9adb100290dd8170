// `RelayChannel` sends and receives messages over one end of a pair of sockets. Used on its loop's
// thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace bellwether::ledger {

class RelayChannel : public std::enable_shared_from_this<RelayChannel> {
  public:
    // Gets each message, in order.
    using OnMessage = std::function<void(std::string_view bytes)>;
    // The other end has closed, or has sent what is no message; called once, and never from inside.
    using OnEnd = std::function<void()>;

    RelayChannel(boost::asio::io_context& loop, Descriptor socket);
    ~RelayChannel() { close(); }
    RelayChannel(const RelayChannel&) = delete;
    RelayChannel& operator=(const RelayChannel&) = delete;

    void start(OnMessage on_message, OnEnd on_end);
    // At most k_relayed_bytes_max. What cannot be sent, as the other end is gone, is dropped.
    void send(std::string_view bytes);
    // Sends the rest, which takes a second at most. No function is called any more.
    void close();

  private:
    using Socket = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol,
                                                    boost::asio::io_context::executor_type>;

    void read();
    bool take_messages();
    bool push();
    void push_later();
    void end();

    Socket socket_;
    std::array<char, 16u << 10> buffer_{};
    std::string received_;
    std::string unsent_;
    OnMessage on_message_;
    OnEnd on_end_;
};

}  // namespace bellwether::ledger
