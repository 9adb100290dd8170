// The sockets of one multi handle, each registered with an epoll set once, for as long as it is
// open, instead of once for each exchange that uses it. The loop watches the set.
//
// The set is their own because libcurl (7.88) closes a socket that was still connecting by itself,
// without the close callback, and its number may be anybody's a moment later. The kernel takes a
// closed socket out of the set. What is done here with a number that is somebody else's by now
// fails, as nobody else's is in the set; in the loop's own set it would hit the new owner.
#pragma once

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <unordered_map>

namespace bw::net {

class Engine;
struct Stats;

// How an exchange lets go of its socket.
struct Release {
    // Under HTTP/2 an idle connection has messages of its own; otherwise whatever comes ends it.
    enum class Then { busy, idle, idle_with_frames };

    Then then = Then::idle;
    int local_port = 0;  // of its connection
};

class SocketTable {
  public:
    SocketTable(Engine& engine, boost::asio::io_context& loop, Stats& stats);

    int open(int family, int type, int protocol);  // -1: failed, errno says why
    void close(int number);
    void forget_all();  // the sockets are closed already
    void close_all();   // likewise; nothing is reported afterwards
    // What libcurl waits for now.
    void want(int number, bool read, bool write);
    // No exchange waits for it any more; true: it never came to be a connection.
    bool release(int number, const Release& release);
    // Whether nothing at all has come over the idle connection from this port.
    bool is_quiet(int local_port) const;
    // An exchange has it from here on. libcurl need not say so: what answers at once may be paused
    // before anything is waited for.
    void take(int local_port);
    // That exchange has it no more.
    void give_back(int local_port);

  private:
    using Loop = boost::asio::io_context::executor_type;

    enum class State {
        foreign,     // libcurl's own, such as the resolver's
        connecting,  // libcurl has not waited for data on it yet
        busy,        // a connection with an exchange, be it paused
        idle,        // a connection without one
        idle_with_frames,
        ended,  // by us; libcurl finds out before it would use it
    };

    struct Socket {
        std::uint32_t serial;  // of all that had its number
        State state;
        State idle_state = State::idle;  // which of the two it had
        int local_port = 0;              // once it has been idle
        int takers = 0;                  // exchanges that have taken it, and not given it back
        std::uint32_t wanted = 0;        // events
        std::uint32_t registered = 0;    // events in the set; none: it is not there

        bool is_idle() const { return state == State::idle || state == State::idle_with_frames; }
        bool is_open() const { return state == State::busy || is_idle(); }
    };
    using Ports = std::unordered_multimap<int, int>;

    bool have_set();  // opens it, if need be
    Socket& add(int number, State state);
    void forget(int number);
    void forget_port(int number, int port);
    void rest(int number, Socket& socket, const Release& release);
    void want(int number, Socket& socket, std::uint32_t events);
    void set_registered(int number, Socket& socket, std::uint32_t events);
    void wait();
    void take_events();
    void take(const epoll_event& event);
    void take_idle(int number, Socket& socket);
    void end(int number, Socket& socket);

    Engine& engine_;
    Stats& stats_;
    boost::asio::posix::basic_stream_descriptor<Loop> set_;
    bool waiting_ = false;
    std::uint32_t serial_ = 0;
    std::unordered_map<int, Socket> sockets_;
    Ports ports_;  // to the numbers of those that have been idle
};

}  // namespace bw::net
