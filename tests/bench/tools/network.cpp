#include "network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace bench {
namespace {

constexpr int k_backlog = 4096;
constexpr std::size_t k_ready_max = 512;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void send_at_once(int socket) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

std::int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * k_second + time.tv_nsec;
}

void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

void prepare_process() {
    std::signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1UL);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int listen_on(std::uint16_t& port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) give_up("socket");
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address = loopback(port);
    socklen_t length = sizeof(address);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) give_up("bind");
    if (listen(fd, k_backlog) != 0) give_up("listen");
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    return fd;
}

// Connecting on loopback is done at once or refused at once, so it may block.
int connect_to(std::uint16_t port, int receive_buffer_bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) give_up("socket");
    set_buffer(fd, SO_RCVBUF, receive_buffer_bytes);
    const sockaddr_in address = loopback(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    send_at_once(fd);
    return fd;
}

void set_buffer(int socket, int option, int bytes) {
    if (bytes > 0) setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof(bytes));
}

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)), ready_(k_ready_max) {
    if (fd_ < 0) give_up("epoll_create1");
}

void Poller::add(int fd, std::uint32_t events, std::uint64_t tag) const {
    epoll_event event{.events = events, .data = {.u64 = tag}};
    if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl");
}

void Poller::change(int fd, std::uint32_t events, std::uint64_t tag) const {
    epoll_event event{.events = events, .data = {.u64 = tag}};
    if (epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) != 0) give_up("epoll_ctl");
}

const std::vector<epoll_event>& Poller::wait(std::int64_t deadline_ns) {
    const std::int64_t left = std::max<std::int64_t>(0, deadline_ns - now_ns());
    const timespec limit{.tv_sec = left / k_second, .tv_nsec = left % k_second};
    ready_.resize(k_ready_max);
    const int count = epoll_pwait2(fd_, ready_.data(), k_ready_max, &limit, nullptr);
    if (count < 0 && errno != EINTR) give_up("epoll_pwait2");
    ready_.resize(static_cast<std::size_t>(std::max(count, 0)));
    return ready_;
}

}  // namespace bench
