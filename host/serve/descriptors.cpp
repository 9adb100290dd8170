#include "serve/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "observe/log.hpp"

namespace bw::serve {
namespace {

// Listening sockets, event loops, log, plugins.
constexpr std::size_t k_reserve = 100;
// The system's table takes eight bytes for each.
constexpr std::size_t k_table_max = 1u << 16;

// Linux doubles its table of a process's descriptors when it is full, and where several threads
// share it, whoever opens the next one waits for ten to twenty milliseconds.
void grow_table(std::size_t descriptors) {
    const int last = static_cast<int>(std::min(descriptors, k_table_max)) - 1;
    const int opened = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, last);
    if (opened >= 0) ::close(opened);
}

}  // namespace

void prepare_descriptors(std::size_t connections) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    // A connection with a call has another one to an upstream.
    const std::size_t needed = 2 * connections + k_reserve;
    grow_table(std::min<rlim_t>(needed, limit.rlim_cur));
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed) return;
    observe::warn(
        "the process may open {} descriptors, but {} are needed for {} connections "
        "(server.max_connections) and their upstreams; raise the limit (ulimit -Hn) or lower the "
        "key",
        limit.rlim_cur, needed, connections);
}

}  // namespace bw::serve
