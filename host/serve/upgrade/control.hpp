// `Control` is how an old host and the new one that follows it talk: messages with descriptors,
// over a pair of sockets. It blocks, and is for one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"

namespace bellwether::serve {

inline constexpr std::size_t k_control_bytes_max = 1u << 30;

// At most so many bytes, beside the descriptors.
struct ControlMessage {
    std::string bytes;
    std::vector<Descriptor> descriptors;
};

// Why no message was received.
enum class Silence {
    late,      // nothing came in time
    gone,      // the other host has ended
    given_up,  // the caller wants to wait no more
    nonsense   // what came is no message
};

class Control {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Control(Descriptor socket) : socket_(std::move(socket)) {}

    // The error: the other host has ended, or does not read in time. The descriptors stay the
    // caller's.
    std::expected<void, Silence> send(std::string_view bytes,
                                      std::span<const int> descriptors = {});
    std::expected<void, Silence> send(std::string_view bytes, std::span<const int> descriptors,
                                      Time until);
    // `gives_up` is asked again and again while nothing comes; empty: it never does.
    std::expected<ControlMessage, Silence> receive(Time until,
                                                   const std::function<bool()>& gives_up = {});

  private:
    bool wait(short events, Time until) const;
    std::expected<void, Silence> wait_for_room(int cause, Time until) const;
    std::expected<void, Silence> send_all(std::string_view bytes, Time until);
    std::expected<void, Silence> send_descriptors(std::span<const int> descriptors, Time until);

    struct Reading {
        Time until;
        const std::function<bool()>& gives_up;
    };
    std::expected<void, Silence> wait_for(const Reading& reading) const;
    std::expected<std::string, Silence> read(std::size_t size, const Reading& reading,
                                             std::vector<Descriptor>* descriptors);

    Descriptor socket_;
};

}  // namespace bellwether::serve
