// `Engine` drives libcurl's multi interface from an Asio loop: with one timer, one posted "kick" at
// a time, and sockets that stay registered. libcurl must not be entered again from one of its
// callbacks, so what a callback asks for (a new exchange, a drop, a resume) is noted, and done
// right afterwards. On the worker's thread only.
#pragma once

#include <curl/curl.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <unordered_set>
#include <vector>

#include "net/alarm.hpp"
#include "net/easy.hpp"
#include "net/lookups.hpp"
#include "net/socket.hpp"
#include "net/transfer.hpp"

namespace bellwether::net {

class Engine : public std::enable_shared_from_this<Engine> {
  public:
    // The settings are copied out of `wire`; nothing refers to it afterwards.
    Engine(boost::asio::io_context& loop, const WireOptions& wire, std::shared_ptr<Stats> stats);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void shutdown();  // closes everything; handlers that the loop still holds then do nothing

    std::shared_ptr<Transfer> start(Request request, Events& events);
    void drop(Transfer& transfer);
    void flush_soon(Transfer& transfer);
    // Checks, as soon as libcurl is off the stack, whether the transfer has its whole answer.
    void look_for_early(Transfer& transfer);
    // Whether nothing has come over the idle connection with this local port.
    bool is_quiet(int local_port) const { return sockets_.is_quiet(local_port); }
    void take_connection(int local_port) { sockets_.take(local_port); }
    void on_socket_ready(int socket, bool read, bool write);
    int open_socket(const curl_sockaddr& address);  // -1: failed, errno says why

  private:
    using Clock = std::chrono::steady_clock;
    using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                    boost::asio::io_context::executor_type>;
    using Transfers = std::vector<std::shared_ptr<Transfer>>;
    static constexpr Clock::time_point k_never = Clock::time_point::max();

    static int socket_callback(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept;
    static int timer_callback(CURLM*, long timeout_ms, void* self) noexcept;
    static int close_callback(void* self, curl_socket_t socket) noexcept;

    void begin_multi();
    void watch_rest();
    void on_rest();
    void set_deadline(long timeout_ms);
    void arm_timer();
    void on_timer();
    void kick();
    void on_kick();
    void add(Transfer& transfer);
    void cut(Transfer& transfer);
    void remove(Transfer& transfer, EasyPool::Wear wear);
    void go_on_soon(CURL* easy);
    void choose_trip(Transfer& transfer);
    std::optional<Trip> trip_after(Transfer& transfer, CURLcode code);
    void end_early();
    void push_soon();
    void count_connection(const Easy& easy, bool answered);
    void act(curl_socket_t socket, int events);
    void finish_round();
    void finish(const CURLMsg& message);

    struct ConnectionLimits {
        long connections_max;
        long idle_connections_max;
        std::chrono::seconds idle_time;
    };

    boost::asio::io_context& loop_;
    const ConnectionLimits limits_;
    CURLM* multi_ = nullptr;
    std::shared_ptr<Stats> stats_;
    SocketTable sockets_;
    EasyPool pool_;
    Timer timer_;
    Clock::time_point deadline_ = k_never;  // when libcurl wants to be called
    Clock::time_point armed_ = k_never;     // when the timer fires; past deadline_ only if kicked
    Transfers starting_;
    Transfers flushing_;
    Transfers between_;  // one address failed, another may follow
    Transfers doomed_;   // dropped while libcurl was on the stack
    Transfers early_;    // perhaps answered before all of the request was sent
    Lookups lookups_;
    PlainHttp2 plain_http2_ = PlainHttp2::begin;  // how the next request is tried first
    const bool shares_;                           // HTTP/2 may let exchanges share a connection
    std::unordered_set<Transfer*> sharing_;       // if so, all attached transfers
    Alarm rest_;  // when the engine has been idle for so long that its connections are too old
    bool rest_watched_ = false;
    std::size_t transfers_ = 0;  // attached to libcurl
    Clock::time_point resting_since_{};
    bool pushing_ = false;  // libcurl may keep resets of streams back
    bool inside_ = false;   // libcurl is on the stack
    bool kicked_ = false;
};

}  // namespace bellwether::net
