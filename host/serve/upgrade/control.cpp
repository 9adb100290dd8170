#include "serve/upgrade/control.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace bellwether::serve {
namespace {

using std::chrono::milliseconds;

// The kernel takes 253 descriptors with one piece of data. Each group goes with a byte of its own.
constexpr std::size_t k_group = 200;
constexpr std::uint32_t k_descriptors_max = 10'000;
constexpr milliseconds k_sends_within{10'000};
constexpr milliseconds k_ask_whether{20};  // whether the caller still wants to wait

struct ControlHead {
    std::uint32_t bytes = 0;
    std::uint32_t descriptors = 0;
};

// Room for what the kernel says beside the data.
struct Beside {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * k_group)> room{};
};

std::size_t groups_of(std::size_t descriptors) { return (descriptors + k_group - 1) / k_group; }

int left_ms(Control::Time until) {
    const auto left =
        std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

void take_descriptors(msghdr& message, std::vector<Descriptor>& taken) {
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        std::vector<int> numbers((one->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(numbers.data(), CMSG_DATA(one), numbers.size() * sizeof(int));
        for (const int number : numbers) taken.emplace_back(number);
    }
}

}  // namespace

// ---- sending ------------------------------------------------------------------------------------

std::expected<void, Silence> Control::send(std::string_view bytes,
                                           std::span<const int> descriptors) {
    return send(bytes, descriptors, std::chrono::steady_clock::now() + k_sends_within);
}

std::expected<void, Silence> Control::send(std::string_view bytes, std::span<const int> descriptors,
                                           Time until) {
    const ControlHead head{.bytes = static_cast<std::uint32_t>(bytes.size()),
                           .descriptors = static_cast<std::uint32_t>(descriptors.size())};
    auto sent = send_all({reinterpret_cast<const char*>(&head), sizeof(head)}, until);
    if (sent) sent = send_descriptors(descriptors, until);
    return sent ? send_all(bytes, until) : sent;
}

bool Control::wait(short events, Time until) const {
    pollfd wanted{.fd = socket_.get(), .events = events, .revents = 0};
    return poll(&wanted, 1, left_ms(until)) > 0;
}

// After a send that failed so.
std::expected<void, Silence> Control::wait_for_room(int cause, Time until) const {
    if (cause == EINTR) return {};
    if (cause != EAGAIN) return std::unexpected(Silence::gone);
    if (!wait(POLLOUT, until)) return std::unexpected(Silence::late);
    return {};
}

std::expected<void, Silence> Control::send_all(std::string_view bytes, Time until) {
    while (!bytes.empty()) {
        const ssize_t sent =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        if (sent >= 0) continue;
        if (const auto room = wait_for_room(errno, until); !room) return room;
    }
    return {};
}

std::expected<void, Silence> Control::send_descriptors(std::span<const int> descriptors,
                                                       Time until) {
    while (!descriptors.empty()) {
        const auto group = descriptors.first(std::min(descriptors.size(), k_group));
        char byte = 0;
        iovec data{.iov_base = &byte, .iov_len = 1};
        Beside beside;
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = beside.room.data();
        message.msg_controllen = CMSG_SPACE(group.size_bytes());
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(group.size_bytes());
        std::memcpy(CMSG_DATA(rights), group.data(), group.size_bytes());
        const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) descriptors = descriptors.subspan(group.size());
        if (sent >= 0) continue;
        if (const auto room = wait_for_room(errno, until); !room) return room;
    }
    return {};
}

// ---- receiving ----------------------------------------------------------------------------------

std::expected<ControlMessage, Silence> Control::receive(Time until,
                                                        const std::function<bool()>& gives_up) {
    const Reading reading{.until = until, .gives_up = gives_up};
    const auto first = read(sizeof(ControlHead), reading, nullptr);
    if (!first) return std::unexpected(first.error());
    ControlHead head;
    std::memcpy(&head, first->data(), sizeof(head));
    if (head.bytes > k_control_bytes_max || head.descriptors > k_descriptors_max) {
        return std::unexpected(Silence::nonsense);
    }
    ControlMessage message;
    const auto groups = read(groups_of(head.descriptors), reading, &message.descriptors);
    if (!groups) return std::unexpected(groups.error());
    if (message.descriptors.size() != head.descriptors) return std::unexpected(Silence::nonsense);
    auto bytes = read(head.bytes, reading, nullptr);
    if (!bytes) return std::unexpected(bytes.error());
    message.bytes = *std::move(bytes);
    return message;
}

std::expected<void, Silence> Control::wait_for(const Reading& reading) const {
    for (;;) {
        const Time now = std::chrono::steady_clock::now();
        if (wait(POLLIN, std::min(reading.until, now + k_ask_whether))) return {};
        if (reading.gives_up && reading.gives_up()) return std::unexpected(Silence::given_up);
        if (now >= reading.until) return std::unexpected(Silence::late);
    }
}

// Reads byte by byte where descriptors come with them, as the kernel would else join groups.
std::expected<std::string, Silence> Control::read(std::size_t size, const Reading& reading,
                                                  std::vector<Descriptor>* descriptors) {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
        if (const auto ready = wait_for(reading); !ready) return std::unexpected(ready.error());
        iovec data{.iov_base = bytes.data() + done,
                   .iov_len = descriptors == nullptr ? size - done : 1};
        Beside beside;
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        if (descriptors != nullptr) {
            message.msg_control = beside.room.data();
            message.msg_controllen = beside.room.size();
        }
        const ssize_t got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return std::unexpected(Silence::gone);
        if (descriptors != nullptr) take_descriptors(message, *descriptors);
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

}  // namespace bellwether::serve
