#include "plugin/isolated/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bellwether::plugin::isolated {
namespace {

std::unexpected<std::string> no_shared_memory() {
    return std::unexpected(std::string("no shared memory can be had: ") + std::strerror(errno));
}

}  // namespace

// Sealed, so that the child cannot shorten it under the host.
std::expected<SharedMemory, std::string> SharedMemory::create() {
    const int fd = memfd_create("bellwether-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return no_shared_memory();
    const bool sized = ftruncate(fd, sizeof(SharedLayout)) == 0 &&
                       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    auto opened = sized ? open(fd) : no_shared_memory();
    if (!opened) close(fd);
    return opened;
}

std::expected<SharedMemory, std::string> SharedMemory::open(int descriptor) {
    void* const at = mmap(nullptr, sizeof(SharedLayout), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_NORESERVE, descriptor, 0);
    if (at == MAP_FAILED) return no_shared_memory();
    return SharedMemory(static_cast<SharedLayout*>(at), descriptor);
}

SharedMemory::~SharedMemory() {
    if (layout_ == nullptr) return;
    munmap(layout_, sizeof(SharedLayout));
    close(descriptor_);
}

}  // namespace bellwether::plugin::isolated
