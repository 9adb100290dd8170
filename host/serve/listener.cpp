#include "serve/listener.hpp"

#include <unistd.h>
#include <chrono>
#include <utility>

#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "serve/address.hpp"

namespace bellwether::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The pause after a failed accept. Most likely the descriptors have run out, and some will be
// closed.
constexpr std::chrono::milliseconds k_accept_again{100};

}  // namespace

Listener::Listener(asio::io_context& loop, int socket, OnAccept on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)), acceptor_(loop), again_(loop) {
    const auto bound = address_of(socket);
    acceptor_.assign(bound && bound->is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket);
}

Listener::~Listener() { close(); }

void Listener::start() { accept(); }

// Released before it is closed, because only that takes it out of the loop's epoll set at once. The
// kernel would keep it there for as long as another worker, or another process, has a descriptor of
// the same socket.
void Listener::close() {
    again_.cancel();
    if (!acceptor_.is_open()) return;
    accept_pending();
    error_code error;
    const int socket = acceptor_.release(error);
    if (!error) ::close(socket);
}

// Takes what the kernel has accepted, as it would be reset with the socket.
void Listener::accept_pending() {
    error_code error;
    acceptor_.non_blocking(true, error);
    while (!error) {
        front::Socket client(loop_);
        acceptor_.accept(client, error);
        if (!error) on_accept_(std::move(client));
    }
}

void Listener::accept() {
    acceptor_.async_accept(loop_, [self = shared_from_this()](error_code error,
                                                              front::Socket client) {
        if (!error) self->on_accept_(std::move(client));
        if (!self->acceptor_.is_open()) return;
        if (!error) return self->accept();
        static observe::Seldom told(std::chrono::minutes(1));
        if (told.may(observe::Seldom::Clock::now())) {
            observe::warn("cannot accept a connection: {}; told of once a minute", error.message());
        }
        self->again_.expires_after(k_accept_again);
        self->again_.async_wait([self](error_code cancelled) {
            if (!cancelled && self->acceptor_.is_open()) self->accept();
        });
    });
}

}  // namespace bellwether::serve
