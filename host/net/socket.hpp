// The sockets of one multi handle, each registered with the loop's reactor once, for as long as it
// is open, instead of once for each exchange that uses it.
//
// What is registered is a duplicate of libcurl's descriptor. libcurl (7.88) closes a socket that
// was still connecting by itself, without the close callback; its number may be anybody's a moment
// later, and a descriptor of our own is the only one that we can close without harm to others.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <memory>
#include <unordered_map>

namespace bw::net {

class Engine;
struct Stats;

class Socket : public std::enable_shared_from_this<Socket> {
  public:
    Socket(Engine& engine, boost::asio::io_context& loop, int number);

    [[nodiscard]] bool watch();
    // What libcurl waits for now.
    void want(bool read, bool write);
    void close();  // closes the duplicate; nothing is reported afterwards

    bool wants_write() const { return write_.wanted; }
    bool connected() const { return connected_; }  // libcurl has waited for data on it

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
    int number_;  // libcurl's descriptor
    Direction read_;
    Direction write_;
    bool connected_ = false;
};

class SocketTable {
  public:
    SocketTable(Engine& engine, boost::asio::io_context& loop, Stats& stats)
        : engine_(engine), loop_(loop), stats_(stats) {}

    int open(int family, int type, int protocol);  // -1: failed, errno says why
    void close(int number);
    void close_all();
    void want(int number, bool read, bool write);
    void release(int number);  // no exchange waits for it any more

  private:
    struct Entry {
        std::shared_ptr<Socket> socket;
        bool ours;  // from open; otherwise libcurl's internal one, such as the resolver's

        bool is_connection() const { return ours && socket->connected(); }
    };

    Socket* watch(int number, bool ours);  // null: failed
    void forget(int number);

    Engine& engine_;
    boost::asio::io_context& loop_;
    Stats& stats_;
    std::unordered_map<int, Entry> sockets_;
};

}  // namespace bw::net
