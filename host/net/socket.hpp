// The sockets of one multi handle, each registered with the loop's reactor once, for as long as it
// is open, instead of once for each exchange that uses it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <unordered_map>

namespace bw::net {

class Engine;

class Socket : public std::enable_shared_from_this<Socket> {
  public:
    Socket(Engine& engine, boost::asio::io_context& loop, int known_as);

    // Registers a descriptor, which may be a duplicate of the one libcurl knows, and owns it.
    [[nodiscard]] bool watch(int descriptor);

    // What libcurl waits for now.
    void want(bool read, bool write);
    void close();  // closes the watched descriptor; nothing is reported afterwards
    bool borrowed() const { return borrowed_; }

  private:
    using Loop = boost::asio::io_context::executor_type;
    struct Direction {
        bool wanted = false;
        bool waiting = false;
    };

    void wait(Direction& direction, bool read);
    void on_ready(Direction& direction, bool read, bool failed);

    Engine* engine_;  // null: closed
    boost::asio::posix::basic_stream_descriptor<Loop> watched_;
    int known_as_;  // libcurl's number for it
    bool borrowed_ = false;
    Direction read_;
    Direction write_;
};

class SocketTable {
  public:
    SocketTable(Engine& engine, boost::asio::io_context& loop) : engine_(engine), loop_(loop) {}

    int open(int family, int type, int protocol);  // -1: failed, errno says why
    void close(int socket);
    Socket* find(int socket);    // null: not known
    Socket* borrow(int socket);  // one that libcurl opened itself; null: failed
    void close_all();
    void release(int socket);  // libcurl forgets it; ours stays open for the next exchange

  private:
    Socket* add(int known_as, int watched);  // null: failed, `watched` is closed

    Engine& engine_;
    boost::asio::io_context& loop_;
    std::unordered_map<int, std::shared_ptr<Socket>> sockets_;
};

}  // namespace bw::net
