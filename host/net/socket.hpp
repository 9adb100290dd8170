// `SocketTable` has the sockets of one multi handle. Each socket is registered with an epoll set
// once, for as long as it is open, instead of once for each exchange that uses it. The loop watches
// the set. On the worker's thread only.
//
// These sockets have an epoll set of their own, because libcurl (7.88) closes a socket that is
// still connecting without the close callback, and a moment later any part of the process may have
// a socket of that number. The kernel removes a closed socket from the set. So an operation on a
// number that has a new owner fails here; in the loop's own set it would hit the new owner.
#pragma once

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <unordered_map>

namespace bellwether::net {

class Engine;
struct Stats;

// What is known of a connection when libcurl no longer waits for anything on its socket.
struct Release {
    // `busy`: its exchange is only paused. `idle_with_frames`: under HTTP/2 frames may come over an
    // idle connection; over any other (`idle`) whatever comes ends the connection.
    enum class Then { busy, idle, idle_with_frames };

    Then then = Then::idle;
    int local_port = 0;  // of the connection
};

class SocketTable {
  public:
    SocketTable(Engine& engine, boost::asio::io_context& loop, Stats& stats);

    int open(int family, int type, int protocol);  // -1: failed, errno says why
    void close(int number);
    void forget_all();  // for sockets that are closed already
    void close_all();   // as forget_all(); no event is reported afterwards
    // Sets what libcurl waits for on this socket from now on.
    void want(int number, bool read, bool write);
    // libcurl no longer waits for anything on this socket. True: it was still connecting.
    bool release(int number, const Release& release);
    // Whether neither bytes nor the end have come over the idle connection with this local port.
    bool is_quiet(int local_port) const;
    // An exchange has the connection with this local port from now on. libcurl may not tell that by
    // want(): an exchange that is answered at once may be paused before libcurl waits for anything.
    void take(int local_port);
    // That exchange no longer has the connection.
    void give_back(int local_port);

  private:
    using Loop = boost::asio::io_context::executor_type;

    enum class State {
        foreign,     // not opened by open(), such as the resolver's
        connecting,  // libcurl has not waited for data on it yet
        busy,        // a connection with an exchange, which may be paused
        idle,        // a connection without an exchange
        idle_with_frames,
        ended,  // shut down here; libcurl finds out before it would use it
    };

    struct Socket {
        std::uint32_t serial;  // tells it from other sockets that had its number
        State state;
        State idle_state = State::idle;  // which of the two idle states it had last
        int local_port = 0;              // 0 until it has been idle
        int takers = 0;                  // exchanges that have taken it, and not given it back
        std::uint32_t wanted = 0;        // events
        std::uint32_t registered = 0;    // events in the epoll set; 0: it is not in the set

        bool is_idle() const { return state == State::idle || state == State::idle_with_frames; }
        bool is_open() const { return state == State::busy || is_idle(); }
    };
    using Ports = std::unordered_multimap<int, int>;

    bool have_set();  // opens the epoll set if need be; false: it cannot be opened
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
    Ports ports_;  // from local port to socket number, for connections that have been idle
};

}  // namespace bellwether::net
