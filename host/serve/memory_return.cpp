#include "serve/memory_return.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace bellwether::serve {
namespace {

// To return a MiB takes a quarter of a millisecond, and to get it again takes about as long.
constexpr std::size_t k_worthwhile_bytes = 16u << 20;

// The largest M_MMAP_THRESHOLD that glibc accepts. If only M_TRIM_THRESHOLD were set, this one
// would stay at 128 KiB, and each larger body would be mapped and unmapped.
constexpr int k_mapped_apart_bytes = 32 << 20;

std::size_t resident_bytes() {
    std::size_t all_pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t unused_bytes() {
    const auto heap = mallinfo2();
    const std::size_t used = heap.uordblks + heap.hblkhd;
    const std::size_t resident = resident_bytes();
    return resident > used ? resident - used : 0;
}

}  // namespace

MemoryReturn::MemoryReturn(boost::asio::io_context& loop, std::chrono::milliseconds interval)
    : interval_(interval), alarm_(loop) {
    mallopt(M_TRIM_THRESHOLD, static_cast<int>(k_worthwhile_bytes));
    mallopt(M_MMAP_THRESHOLD, k_mapped_apart_bytes);
    wait();
}

void MemoryReturn::wait() {
    alarm_.set(net::Alarm::Clock::now() + interval_, [this] {
        look();
        wait();
    });
}

// Returns memory if enough of it was unused at the last look, too: that is not about to be used
// again.
void MemoryReturn::look() {
    std::size_t unused = unused_bytes();
    if (std::min(unused, before_) > lasting_ + k_worthwhile_bytes) {
        malloc_trim(0);
        unused = lasting_ = unused_bytes();
    }
    lasting_ = std::min(lasting_, unused);
    before_ = unused;
}

}  // namespace bellwether::serve
