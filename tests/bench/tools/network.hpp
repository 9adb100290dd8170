// The few system calls that the tools share: a clock, sockets, and an epoll instance.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

constexpr std::int64_t k_microsecond = 1'000;
constexpr std::int64_t k_millisecond = 1'000'000;
constexpr std::int64_t k_second = 1'000'000'000;

std::int64_t now_ns();

// Ends the process with a message that names what failed.
[[noreturn]] void give_up(const char* what);

// As many descriptors as the system allows, and timers that are not rounded up for economy.
void prepare_process();

// A listening socket on 127.0.0.1 and the port that it got. 0: any free one.
int listen_on(std::uint16_t& port);

// A connected, non-blocking socket to 127.0.0.1; -1 if nobody listens.
int connect_to(std::uint16_t port, int receive_buffer_bytes);

void set_buffer(int socket, int option, int bytes);

class Poller {
  public:
    Poller();

    void add(int fd, std::uint32_t events, std::uint64_t tag) const;
    void change(int fd, std::uint32_t events, std::uint64_t tag) const;

    // Waits until something is ready or the time has come.
    const std::vector<epoll_event>& wait(std::int64_t deadline_ns);

  private:
    int fd_;
    std::vector<epoll_event> ready_;
};

}  // namespace bench
