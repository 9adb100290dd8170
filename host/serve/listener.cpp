#include "serve/listener.hpp"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
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
// How long a client that has begun to connect may take to finish.
constexpr std::chrono::milliseconds k_handshake{200};

// Drops packets that begin a connection (SYN), and lets all others pass. A client whose first
// packet is dropped sends it again after a second.
bool takes_nobody_new(int socket) {
    constexpr std::uint32_t k_flags_at = 13;  // in the header of TCP
    constexpr std::uint32_t k_syn = 0x02;
    std::array<sock_filter, 4> program{
        sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, k_flags_at),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k_syn, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
        sock_filter BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0;
}

}  // namespace

Listener::Listener(asio::io_context& loop, int socket, OnAccept on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)), acceptor_(loop), again_(loop), end_(loop) {
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
    end_.cancel();
    if (!acceptor_.is_open()) return;
    accept_pending();
    error_code error;
    const int socket = acceptor_.release(error);
    if (!error) ::close(socket);
}

void Listener::retire() {
    if (!acceptor_.is_open() || !takes_nobody_new(acceptor_.native_handle())) return close();
    end_.expires_after(k_handshake);
    end_.async_wait([self = shared_from_this()](error_code cancelled) {
        if (!cancelled) self->close();
    });
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
