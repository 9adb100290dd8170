#include "serve/sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace bellwether::serve {

Sockets::~Sockets() {
    for (const int socket : all_) close(socket);
}

bool Sockets::duplicate(std::size_t count) {
    for (std::size_t i = 0; all_.size() < count; ++i) {
        const int copy = fcntl(all_[i], F_DUPFD_CLOEXEC, 0);
        if (copy < 0) return false;
        all_.push_back(copy);
    }
    return true;
}

}  // namespace bellwether::serve
