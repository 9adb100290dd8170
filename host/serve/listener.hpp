// `Listener` accepts connections on one listening socket. It lives on a worker's thread; the accept
// that is pending keeps it alive.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "front/session.hpp"

namespace bellwether::serve {

class Listener : public std::enable_shared_from_this<Listener> {
  public:
    using OnAccept = std::function<void(front::Socket client)>;

    // Owns the socket, which is bound and listening.
    Listener(boost::asio::io_context& loop, int socket, OnAccept on_accept);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void start();
    // -1: it is closed.
    int socket() { return acceptor_.is_open() ? acceptor_.native_handle() : -1; }
    // Accepts no more; connections that the kernel has accepted are still handed on.
    void close();
    // The same for a listener that another one follows, so that no connection is reset: nobody new
    // may begin to connect here, and who has begun is waited for, for a moment. The socket must be
    // this listener's alone.
    void retire();

  private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                        boost::asio::io_context::executor_type>;

    void accept();
    void accept_pending();

    boost::asio::io_context& loop_;
    const OnAccept on_accept_;
    Acceptor acceptor_;
    boost::asio::steady_timer again_;  // after a failed accept
    boost::asio::steady_timer end_;    // of one that is retired
};

}  // namespace bellwether::serve
