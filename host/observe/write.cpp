#include "observe/write.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace bellwether::observe {

namespace {

// Whoever shares a terminal or a pipe with this process may have made it non-blocking for both.
bool wait_for_room(int descriptor) {
    pollfd wanted{.fd = descriptor, .events = POLLOUT, .revents = 0};
    return ::poll(&wanted, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_room(descriptor)))) {
            continue;
        }
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace bellwether::observe
