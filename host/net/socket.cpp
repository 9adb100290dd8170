#include "net/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "net/engine.hpp"

namespace bw::net {

using boost::system::error_code;
using Wait = boost::asio::posix::descriptor_base;

Socket::Socket(Engine& engine, boost::asio::io_context& loop, int number)
    : engine_(&engine), watched_(loop.get_executor()), number_(number) {}

bool Socket::watch() {
    const int duplicate = ::fcntl(number_, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return false;
    error_code failed;
    watched_.assign(duplicate, failed);
    if (failed) ::close(duplicate);
    return !failed;
}

void Socket::want(bool read, bool write) {
    connected_ = connected_ || read;
    read_.wanted = read;
    write_.wanted = write;
    wait(read_, true);
    wait(write_, false);
}

// Releasing first takes it out of the reactor: closing alone would leave it there for as long as
// libcurl's descriptor is open.
void Socket::close() {
    engine_ = nullptr;
    if (watched_.is_open()) ::close(watched_.release());
}

// A wait that nobody wants any more is left to stand: on a kept-alive connection the next exchange
// takes it over, which saves arming it again. If it ends before that, the event is dropped.
void Socket::wait(Direction& direction, bool read) {
    if (engine_ == nullptr || !direction.wanted || std::exchange(direction.waiting, true)) return;
    watched_.async_wait(read ? Wait::wait_read : Wait::wait_write,
                        [self = shared_from_this(), &direction, read](error_code error) {
                            self->on_ready(direction, read, bool(error));
                        });
}

void Socket::on_ready(Direction& direction, bool read, bool failed) {
    direction.waiting = false;
    if (engine_ == nullptr || !direction.wanted) return;
    engine_->on_socket_ready(number_, read, failed);
    wait(direction, read);
}

int SocketTable::open(int family, int type, int protocol) {
    const int number = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (number < 0) return number;
    // A socket of this number was closed behind our back, and libcurl may not say again what it
    // waits for: to be writable, if the new one took its place in the same breath.
    const auto stale = sockets_.find(number);
    const bool connecting = stale != sockets_.end() && stale->second.socket->wants_write();
    Socket* const watched = watch(number, true);
    if (watched == nullptr) {
        ::close(number);
        return -1;
    }
    watched->want(false, connecting);
    return number;
}

Socket* SocketTable::watch(int number, bool ours) {
    forget(number);
    auto socket = std::make_shared<Socket>(engine_, loop_, number);
    if (!socket->watch()) return nullptr;
    return (sockets_[number] = {std::move(socket), ours}).socket.get();
}

void SocketTable::forget(int number) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end()) return;
    if (found->second.is_connection()) stats_.connections_open.add(-1);
    found->second.socket->close();
    sockets_.erase(found);
}

void SocketTable::close(int number) {
    forget(number);
    ::close(number);
}

void SocketTable::close_all() {
    while (!sockets_.empty()) forget(sockets_.begin()->first);
}

// Where a duplicate cannot be had nothing is watched: libcurl also looks after its sockets by
// timer.
void SocketTable::want(int number, bool read, bool write) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end()) {
        if (Socket* const socket = watch(number, false)) socket->want(read, write);
        return;
    }
    const Entry& entry = found->second;
    const bool before = entry.is_connection();
    entry.socket->want(read, write);
    if (!before && entry.is_connection()) stats_.connections_open.add(1);
}

// A connection stays registered for the next exchange. Anything else libcurl closes by itself, and
// holding on to the duplicate would keep it open.
void SocketTable::release(int number) {
    const auto found = sockets_.find(number);
    if (found == sockets_.end()) return;
    Entry& entry = found->second;
    if (!entry.is_connection()) return forget(number);
    entry.socket->want(false, false);
}

}  // namespace bw::net
