#include "net/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/engine.hpp"

namespace bellwether::net {

namespace {

// How many events are taken from the epoll set at one time; the others stay for the next time.
constexpr int k_events_max = 64;

std::uint32_t events_of(bool read, bool write) {
    return (read ? std::uint32_t{EPOLLIN} : 0u) | (write ? std::uint32_t{EPOLLOUT} : 0u);
}

// How many pieces are read and thrown away, at most, when bytes have come over an idle connection.
// If there are more, libcurl still takes the connection for alive, but is_quiet() refuses it when
// it is to be used again.
constexpr int k_drained_pieces_max = 16;

enum class Arrived { nothing, bytes, end };

Arrived arrived(int number, int flags) {
    std::array<char, 4096> bytes;
    const std::size_t size = (flags & MSG_PEEK) != 0 ? 1 : bytes.size();
    const auto count = ::recv(number, bytes.data(), size, flags | MSG_DONTWAIT);
    if (count > 0) return Arrived::bytes;
    const bool none = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return none ? Arrived::nothing : Arrived::end;
}

// An event may still come for a socket that has been closed, when another socket has its number
// already. The serial tells the two sockets apart.
std::uint64_t key_of(int number, std::uint32_t serial) {
    return std::uint64_t{serial} << 32 | static_cast<std::uint32_t>(number);
}

}  // namespace

SocketTable::SocketTable(Engine& engine, boost::asio::io_context& loop, Stats& stats)
    : engine_(engine), stats_(stats), set_(loop.get_executor()) {}

bool SocketTable::have_set() {
    if (set_.is_open()) return true;
    const int made = ::epoll_create1(EPOLL_CLOEXEC);
    if (made < 0) return false;
    boost::system::error_code failed;
    set_.assign(made, failed);
    if (failed) ::close(made);
    return !failed;
}

int SocketTable::open(int family, int type, int protocol) {
    if (!have_set()) return -1;
    const int number = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (number < 0) return number;
    // If the table still has this number, libcurl has closed the old socket without the close
    // callback. If the new socket takes its place at once, libcurl may not say again that it waits
    // for the socket to become writable.
    const auto stale = sockets_.find(number);
    const bool connecting =
        stale != sockets_.end() && (stale->second.wanted & std::uint32_t{EPOLLOUT}) != 0;
    Socket& socket = add(number, State::connecting);
    if (connecting) want(number, socket, EPOLLOUT);
    return number;
}

SocketTable::Socket& SocketTable::add(int number, State state) {
    forget(number);
    return sockets_.emplace(number, Socket{.serial = ++serial_, .state = state}).first->second;
}

void SocketTable::forget(int number) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end()) return;
    if (found->second.is_open()) stats_.connections_open.add(-1);
    forget_port(number, found->second.local_port);
    set_registered(number, found->second, 0);
    sockets_.erase(found);
}

void SocketTable::forget_port(int number, int port) {
    const auto [first, last] = ports_.equal_range(port);
    for (auto one = first; one != last; ++one) {
        if (one->second != number) continue;
        ports_.erase(one);
        return;
    }
}

void SocketTable::close(int number) {
    forget(number);
    ::close(number);
}

void SocketTable::forget_all() {
    while (!sockets_.empty()) forget(sockets_.begin()->first);
}

void SocketTable::close_all() {
    forget_all();
    boost::system::error_code ignored;
    set_.close(ignored);
}

void SocketTable::want(int number, bool read, bool write) {
    const auto found = sockets_.find(number);
    Socket& socket = found == sockets_.end() ? add(number, State::foreign) : found->second;
    if (socket.state == State::connecting && read) {
        socket.state = State::busy;
        stats_.connections_open.add(1);
    }
    if (socket.is_idle()) socket.state = State::busy;
    want(number, socket, events_of(read, write));
}

// The socket stays registered for reading when libcurl no longer waits for data: the next exchange
// on a kept-alive connection needs the same registration, which saves two system calls. If data or
// the end comes before that, the event removes the registration. A registration for writing does
// not stay, because a socket is nearly always writable.
void SocketTable::want(int number, Socket& socket, std::uint32_t events) {
    socket.wanted = events;
    const std::uint32_t kept = socket.registered & std::uint32_t{EPOLLIN};
    if ((events | kept) != socket.registered) set_registered(number, socket, events | kept);
}

// If the kernel has no room for another registration, the socket is not watched. That is no error,
// because libcurl also checks its sockets by timer.
void SocketTable::set_registered(int number, Socket& socket, std::uint32_t events) {
    if (events == socket.registered) return;
    const int set = set_.native_handle();
    epoll_event event{.events = events, .data = {.u64 = key_of(number, socket.serial)}};
    const bool is_known = std::exchange(socket.registered, 0) != 0;
    const int change = events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (is_known && ::epoll_ctl(set, change, number, &event) == 0) {
        socket.registered = events;
        return;
    }
    // The socket is new, or it was closed and another socket has its number now.
    if (events == 0 || ::epoll_ctl(set, EPOLL_CTL_ADD, number, &event) != 0) return;
    socket.registered = events;
    wait();
}

// A connection stays registered for the next exchange. Any other socket is forgotten, because
// libcurl closes it by itself.
bool SocketTable::release(int number, const Release& release) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end()) return false;
    Socket& socket = found->second;
    if (socket.is_open()) {
        want(number, socket, 0);
        if (release.then != Release::Then::busy) rest(number, socket, release);
        return false;
    }
    const bool was_connecting = socket.state == State::connecting;
    forget(number);
    return was_connecting;
}

void SocketTable::rest(int number, Socket& socket, const Release& release) {
    const bool silent = release.then == Release::Then::idle;
    socket.state = silent ? State::idle : State::idle_with_frames;
    socket.idle_state = socket.state;
    const int port = release.local_port;
    if (socket.local_port == port) return;
    forget_port(number, std::exchange(socket.local_port, port));
    ports_.emplace(port, number);
}

// Two connections to different addresses may have the same local port. Then both must be quiet.
bool SocketTable::is_quiet(int local_port) const {
    const auto [first, last] = ports_.equal_range(local_port);
    for (auto one = first; one != last; ++one) {
        const auto found = sockets_.find(one->second);
        if (found == sockets_.end() || !found->second.is_open()) return false;
        if (arrived(one->second, MSG_PEEK) != Arrived::nothing) return false;
    }
    return first != last;
}

void SocketTable::take(int local_port) {
    const auto [first, last] = ports_.equal_range(local_port);
    for (auto one = first; one != last; ++one) {
        Socket& socket = sockets_.at(one->second);
        ++socket.takers;
        if (socket.is_idle()) socket.state = State::busy;
    }
}

// libcurl does not report the end of an exchange for which it never waited on the socket. So the
// connection becomes idle here, once no exchange has it. If two connections have this local port,
// it is not known which is meant; they are checked only when they are to be used again.
void SocketTable::give_back(int local_port) {
    const auto [first, last] = ports_.equal_range(local_port);
    const bool one_only = ports_.count(local_port) == 1;
    for (auto one = first; one != last; ++one) {
        Socket& socket = sockets_.at(one->second);
        if (socket.takers == 0 || --socket.takers > 0 || !one_only) continue;
        if (socket.state != State::busy || socket.wanted != 0) continue;
        socket.state = socket.idle_state;
        set_registered(one->second, socket, EPOLLIN);
    }
}

void SocketTable::wait() {
    if (std::exchange(waiting_, true)) return;
    set_.async_wait(decltype(set_)::wait_read,
                    [this, engine = engine_.shared_from_this()](boost::system::error_code error) {
                        waiting_ = false;
                        if (!error && set_.is_open()) take_events();
                    });
}

// Waits for the next events before it handles these, because an exception from one event must not
// leave all later ones unseen.
void SocketTable::take_events() {
    wait();
    std::array<epoll_event, k_events_max> events;
    const int count = ::epoll_wait(set_.native_handle(), events.data(), k_events_max, 0);
    for (int i = 0; i < count && set_.is_open(); ++i) take(events[static_cast<std::size_t>(i)]);
}

// The end of a connection is reported as whatever libcurl waits for; libcurl finds the end when it
// reads or writes.
void SocketTable::take(const epoll_event& event) {
    const int number = static_cast<int>(event.data.u64 & 0xffffffffu);
    const auto found = sockets_.find(number);
    if (found == sockets_.end() || key_of(number, found->second.serial) != event.data.u64) return;
    Socket& socket = found->second;
    if (socket.is_idle()) return take_idle(number, socket);
    const bool ended = (event.events & (std::uint32_t{EPOLLHUP} | std::uint32_t{EPOLLERR})) != 0;
    const std::uint32_t ready = ended ? socket.wanted : event.events & socket.wanted;
    if (socket.registered != socket.wanted) set_registered(number, socket, socket.wanted);
    if (ready == 0) return;
    engine_.on_socket_ready(number, (ready & EPOLLIN) != 0, (ready & EPOLLOUT) != 0);
}

// Bytes that come over an idle connection cannot answer a request that has not been sent yet, so
// they end the connection. HTTP/2 frames do not: libcurl reads them when it uses the connection
// again.
void SocketTable::take_idle(int number, Socket& socket) {
    set_registered(number, socket, 0);
    const bool frames = socket.state == State::idle_with_frames;
    if (!frames || arrived(number, MSG_PEEK) == Arrived::end) end(number, socket);
}

// Shuts an idle connection down. It is not closed, because libcurl owns the socket and finds the
// end before it uses the connection again. Unread bytes are thrown away first, because libcurl
// takes them for a sign of life.
void SocketTable::end(int number, Socket& socket) {
    for (int i = 0; i < k_drained_pieces_max && arrived(number, 0) == Arrived::bytes; ++i) {
    }
    ::shutdown(number, SHUT_RDWR);
    stats_.connections_open.add(-1);
    socket.state = State::ended;
}

}  // namespace bellwether::net
