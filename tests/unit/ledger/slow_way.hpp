// A way to a Redis server that takes its time, in both directions, as between two data centres.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace bellwether::ledger {

class SlowWay {
  public:
    // One way; there and back takes twice as long.
    SlowWay(std::uint16_t to, std::chrono::milliseconds delay)
        : to_(boost::asio::ip::address_v4::loopback(), to),
          delay_(delay),
          acceptor_(loop_, {boost::asio::ip::address_v4::loopback(), 0}) {
        accept();
        thread_ = std::jthread([this] { loop_.run(); });
    }
    ~SlowWay() { loop_.stop(); }
    SlowWay(const SlowWay&) = delete;
    SlowWay& operator=(const SlowWay&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  private:
    using Socket = boost::asio::ip::tcp::socket;
    struct Pair {
        explicit Pair(Socket client, boost::asio::io_context& loop)
            : ends{std::move(client), Socket(loop)} {}
        std::array<Socket, 2> ends;
        std::array<std::array<char, 65536>, 2> buffers{};
    };

    void accept() {
        acceptor_.async_accept([this](const auto& error, Socket client) {
            if (error) return;
            auto pair = std::make_shared<Pair>(std::move(client), loop_);
            boost::system::error_code failure;
            pair->ends[1].connect(to_, failure);
            for (auto& end : pair->ends) {
                end.set_option(boost::asio::ip::tcp::no_delay(true), failure);
            }
            for (const std::size_t from : {0, 1}) carry(pair, from);
            accept();
        });
    }

    // What comes behind does not wait for what is under way.
    void carry(const std::shared_ptr<Pair>& pair, std::size_t from) {
        pair->ends[from].async_read_some(
            boost::asio::buffer(pair->buffers[from]),
            [this, pair, from](const auto& error, std::size_t size) {
                if (error) return void(pair->ends[1 - from].close());
                auto timer = std::make_shared<boost::asio::steady_timer>(loop_, delay_);
                timer->async_wait([pair, from, timer,
                                   text = std::string(pair->buffers[from].data(), size)](auto) {
                    boost::system::error_code failure;
                    boost::asio::write(pair->ends[1 - from], boost::asio::buffer(text), failure);
                });
                carry(pair, from);
            });
    }

    boost::asio::io_context loop_{1};
    const boost::asio::ip::tcp::endpoint to_;
    const std::chrono::milliseconds delay_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::jthread thread_;  // ends first
};

}  // namespace bellwether::ledger
