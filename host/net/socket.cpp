#include "net/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "net/engine.hpp"

namespace bw::net {

using boost::system::error_code;
using Wait = boost::asio::posix::descriptor_base;

Socket::Socket(Engine& engine, boost::asio::io_context& loop, int known_as)
    : engine_(&engine), watched_(loop.get_executor()), known_as_(known_as) {}

bool Socket::watch(int descriptor) {
    error_code failed;
    watched_.assign(descriptor, failed);
    if (failed) ::close(descriptor);
    borrowed_ = descriptor != known_as_;
    return !failed;
}

void Socket::want(bool read, bool write) {
    read_.wanted = read;
    write_.wanted = write;
    wait(read_, true);
    wait(write_, false);
}

void Socket::close() {
    engine_ = nullptr;
    error_code ignored;
    watched_.close(ignored);
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
    engine_->on_socket_ready(known_as_, read, failed);
    wait(direction, read);
}

int SocketTable::open(int family, int type, int protocol) {
    const int socket = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (socket < 0) return socket;
    return add(socket, socket) == nullptr ? -1 : socket;
}

Socket* SocketTable::add(int known_as, int watched) {
    auto added = std::make_shared<Socket>(engine_, loop_, known_as);
    if (!added->watch(watched)) return nullptr;
    close(known_as);  // a forgotten one under the same number
    return (sockets_[known_as] = std::move(added)).get();
}

void SocketTable::close(int socket) {
    const auto found = sockets_.find(socket);
    if (found == sockets_.end()) return;
    found->second->close();
    sockets_.erase(found);
}

void SocketTable::close_all() {
    for (const auto& [number, socket] : std::exchange(sockets_, {})) socket->close();
}

Socket* SocketTable::find(int socket) {
    const auto found = sockets_.find(socket);
    return found == sockets_.end() ? nullptr : found->second.get();
}

// libcurl closes its internal sockets (the resolver's) itself; a duplicate keeps the reactor's
// registration under our control.
Socket* SocketTable::borrow(int socket) {
    const int duplicate = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    return duplicate < 0 ? nullptr : add(socket, duplicate);
}

void SocketTable::release(int socket) {
    Socket* const known = find(socket);
    if (known == nullptr) return;
    if (known->borrowed()) return close(socket);
    known->want(false, false);
}

}  // namespace bw::net
