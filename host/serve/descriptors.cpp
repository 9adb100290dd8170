#include "serve/descriptors.hpp"

#include <sys/resource.h>

#include "observe/log.hpp"

namespace bw::serve {
namespace {

// Listening sockets, event loops, log, plugins.
constexpr std::size_t k_reserve = 100;

}  // namespace

void raise_descriptor_limit(std::size_t connections) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    // A connection with a call has another one to an upstream.
    const std::size_t needed = 2 * connections + k_reserve;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed) return;
    observe::warn(
        "the process may open {} descriptors, but {} are needed for {} connections "
        "(server.max_connections) and their upstreams; raise the limit (ulimit -Hn) or lower the "
        "key",
        limit.rlim_cur, needed, connections);
}

}  // namespace bw::serve
