#include "serve/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

// For listening sockets, event loops, the log and plugins.
constexpr std::size_t k_reserve = 100;
// Connections that are being refused at one time.
constexpr std::size_t k_refused_max = 256;
// The kernel's table takes eight bytes for each descriptor.
constexpr std::size_t k_table_max = 1u << 16;

// Makes Linux enlarge the process's table of descriptors at once. It would otherwise double the
// table whenever that is full, and once several threads share the table, the thread that opens the
// next descriptor then waits for ten to twenty milliseconds.
void grow_table(std::size_t descriptors) {
    const int last = static_cast<int>(std::min(descriptors, k_table_max)) - 1;
    const int opened = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, last);
    if (opened >= 0) ::close(opened);
}

std::size_t needed_for(std::size_t connections) { return 2 * connections + k_reserve; }

}  // namespace

ConnectionRoom connection_room(std::size_t limit, std::size_t connections) {
    if (limit >= needed_for(connections) + k_refused_max) return {connections, k_refused_max};
    const std::size_t reserve = std::min(k_reserve, limit / 2);
    const std::size_t refused = std::clamp<std::size_t>(limit / 16, 1, k_refused_max);
    const std::size_t left = limit - reserve - refused;
    return {std::clamp<std::size_t>(left / 2, 1, connections), refused};
}

ConnectionRoom prepare_descriptors(std::size_t connections) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {connections, k_refused_max};
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    const std::size_t needed = needed_for(connections);
    grow_table(std::min<rlim_t>(needed, limit.rlim_cur));
    const std::size_t all = limit.rlim_cur == RLIM_INFINITY
                                ? std::numeric_limits<std::size_t>::max()
                                : static_cast<std::size_t>(limit.rlim_cur);
    const ConnectionRoom room = connection_room(all, connections);
    if (room.served < connections) {
        observe::warn(
            "the process may open {} descriptors, but {} are needed for {} connections "
            "(server.max_connections) and their upstreams: no more than {} connections are taken; "
            "raise the limit (ulimit -Hn) or lower the key",
            all, needed + room.refused, connections, room.served);
    }
    return room;
}

}  // namespace bellwether::serve
