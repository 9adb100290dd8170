#include "ledger/handover/relay_channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "ledger/handover/wire.hpp"

namespace bellwether::ledger {
namespace {

constexpr int k_rest_ms = 1'000;  // how long a channel that is closed waits to send the rest

}  // namespace

namespace asio = boost::asio;
using boost::system::error_code;

RelayChannel::RelayChannel(asio::io_context& loop, Descriptor socket)
    : socket_(loop, asio::local::stream_protocol(), socket.release()) {}

void RelayChannel::start(OnMessage on_message, OnEnd on_end) {
    on_message_ = std::move(on_message);
    on_end_ = std::move(on_end);
    read();
}

void RelayChannel::close() {
    on_message_ = nullptr;
    on_end_ = nullptr;
    if (!socket_.is_open()) return;
    pollfd wanted{.fd = socket_.native_handle(), .events = POLLOUT, .revents = 0};
    while (!push() && poll(&wanted, 1, k_rest_ms) > 0) {
    }
    error_code ignored;
    socket_.close(ignored);
}

void RelayChannel::end() {
    const auto on_end = std::exchange(on_end_, nullptr);
    close();
    if (on_end) on_end();
}

// A message is its length, in four bytes, and its bytes.
void RelayChannel::send(std::string_view bytes) {
    if (!socket_.is_open()) return;
    const auto length = static_cast<std::uint32_t>(bytes.size());
    const bool waits = !unsent_.empty();
    unsent_.append(reinterpret_cast<const char*>(&length), sizeof(length)).append(bytes);
    if (!waits && !push()) push_later();
}

// Sends what goes at once. False: there is more. That the other end is gone is told by the read.
bool RelayChannel::push() {
    while (!unsent_.empty()) {
        const ssize_t sent = ::send(socket_.native_handle(), unsent_.data(), unsent_.size(),
                                    MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (sent < 0) unsent_.clear();
        unsent_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    }
    return true;
}

void RelayChannel::push_later() {
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
        if (!error && self->socket_.is_open() && !self->push()) self->push_later();
    });
}

void RelayChannel::read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                                if (error) return self->end();
                                self->received_.append(self->buffer_.data(), bytes);
                                if (!self->take_messages()) return self->end();
                                if (self->socket_.is_open()) self->read();
                            });
}

// False: what was received is no message.
bool RelayChannel::take_messages() {
    std::string_view left = received_;
    std::uint32_t length = 0;
    while (on_message_ && left.size() >= sizeof(length)) {
        std::memcpy(&length, left.data(), sizeof(length));
        if (length > k_relayed_bytes_max) return false;
        if (left.size() - sizeof(length) < length) break;
        on_message_(left.substr(sizeof(length), length));
        left.remove_prefix(sizeof(length) + length);
    }
    received_.erase(0, received_.size() - left.size());
    return true;
}

}  // namespace bellwether::ledger
