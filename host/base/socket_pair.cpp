#include "base/socket_pair.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bellwether {

std::expected<std::pair<Descriptor, Descriptor>, std::string> socket_pair(int flags) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends.data()) != 0) {
        return std::unexpected(
            fmt::format("no pair of sockets can be opened: {}", std::strerror(errno)));
    }
    return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

}  // namespace bellwether
